// Key managers and trust managers whose file or folder cannot be used, where no server runs: a warning, since the file may
// come with the machine that the server runs on.

import { resolve } from 'node:path';
import type { ConfigurationObject } from '../config/configuration-object.ts';
import { isOfKind } from '../config/object-definition.ts';
import type { PropertyValidator } from '../config/property-validator.ts';
import { FileReader } from '../files/file-reader.ts';
import { currentUser } from '../files/ownership.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import type { Component } from '../runtime/component.ts';
import { keyManagers } from '../runtime/key-managers.ts';
import { trustManagers } from '../runtime/trust-managers.ts';
import { StoreReader } from '../trust/store-reader.ts';

const SILENT = { info: () => {}, warn: () => {} };
const NO_AUTHORITIES = { read: async () => [], stamp: async () => '' };

/** Start of a sentence about such a file beside other sentences. */
export const UNUSABLE = 'Warning: ';

const PROVIDERS = ['key-manager-provider', 'trust-manager-provider'];

/**
 * Returns the sentences with which a server would refuse a change that brings these entries: for each enabled key manager
 * and trust manager whose file or folder cannot be used.
 * @param instanceFolder where relative paths begin
 */
export async function unusableFiles(
  entries: Iterable<Entry>,
  validator: PropertyValidator,
  instanceFolder: string,
): Promise<readonly string[]> {
  const objects = Array.from(entries).flatMap((entry) => {
    const definition = validator.definitions.findForEntry(entry);
    const isProvider = definition !== undefined && PROVIDERS.some((kind) => isOfKind(definition, kind));
    return isProvider ? (validator.decode(entry) ?? []) : [];
  });
  if (objects.length === 0) return [];
  const files = new FileReader({ user: currentUser() });
  const stores = new StoreReader(files);
  const options = {
    instanceFolder: resolve(instanceFolder),
    files,
    log: SILENT,
    now: () => new Date(),
    isStarting: () => false,
  };
  const further = { certificatesBelow: () => NO_AUTHORITIES, changed: () => {} };
  const components = [
    ...keyManagers(options, stores).components,
    ...trustManagers({ ...options, ...further }, stores).components,
  ];
  const sentences: string[] = [];
  try {
    for (const object of objects) {
      const component = components.find(({ kind }) => kind === object.kind);
      const sentence = component && (await refusalOf(component, object));
      if (sentence !== undefined) sentences.push(sentence);
    }
  } finally {
    stores.close();
  }
  return sentences;
}

async function refusalOf(component: Component, after: ConfigurationObject): Promise<string | undefined> {
  const key = after.dn.toString();
  const kinds = { before: undefined, after: after.kind };
  try {
    const difference = { key, kinds, before: undefined, after, written: after, mentions: () => true };
    const prepared = await component.prepare(difference);
    prepared?.abort();
    return undefined;
  } catch (error) {
    if (error instanceof LdapError) return error.message;
    throw error;
  }
}
