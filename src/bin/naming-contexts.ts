// Which trees this server has.

import { resolve } from 'node:path';
import { AccessPolicies } from '../access/access-policies.ts';
import { EntryViews } from '../backend/entry-views.ts';
import { NamingContexts } from '../backend/naming-contexts.ts';
import { Instead } from '../backend/read-only.ts';
import { readOnlyRights } from '../backend/read-only-rights.ts';
import { rootDseOf } from '../backend/root-dse.ts';
import { singleEntryBackend } from '../backend/single-entry.ts';
import { readLdifPieces } from '../codec/ldif-reader.ts';
import { formatChange } from '../codec/ldif-writer.ts';
import type { Derive } from '../config/passwords/derivation.ts';
import type { PasswordProfiles } from '../config/passwords/password-profiles.ts';
import { accountAttributes } from '../configuration/account-attributes.ts';
import { ConfigBackend } from '../configuration/config-backend.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { EffectiveBackend } from '../configuration/effective-backend.ts';
import { inForceAttributes } from '../configuration/in-force-attributes.ts';
import { usedByAttributes } from '../configuration/used-by.ts';
import type { WritePath, WritePathOptions } from '../configuration/write/write-path.ts';
import { idOfChange, stamp } from '../directory/stamp.ts';
import type { FileReader } from '../files/file-reader.ts';
import { changelogBackend } from '../history/changelog-backend.ts';
import type { ConfigurationHistory } from '../history/configuration-history.ts';
import type { HistoryService } from '../history/history-service.ts';
import { isOwnFile } from '../instance/own-files.ts';
import { VERSION } from '../instance/version.ts';
import type { Entry } from '../ldap/entry.ts';
import { LdapError } from '../ldap/ldap-error.ts';
import { MemoryBackends } from '../memory/memory-backends.ts';
import type { Monitor } from '../monitor/monitor.ts';
import { monitorBackend } from '../monitor/monitor-backend.ts';
import { SUPPORTED_CONTROLS } from '../operations/controls/request-controls.ts';
import { SUPPORTED_EXTENSIONS } from '../operations/requests/extended.ts';
import type { LoginStates } from '../runtime/login-states.ts';
import type { FindPolicy } from '../runtime/password-policies.ts';
import { TASK_BRANCHES } from '../tasks/task-branches.ts';

/** A file that fills a memory backend may be as large as this. */
const LDIF_OCTETS_MAX = 256 * 1024 * 1024;

const READ_ONLY_TREES = ['', 'cn=schema', 'cn=effective', 'cn=monitor', 'cn=changelog'];
/** The identity of cn=schema is made from that of cn=config. */
const SUBSCHEMA_INDEX = 1;

export interface NamingContextsOptions {
  readonly configuration: Configuration;
  readonly service: Pick<HistoryService, 'use'>;
  readonly writePath: WritePath;
  readonly monitor: Monitor;
  readonly history: ConfigurationHistory;
  /** The number of the first change that the journal has. */
  readonly firstNumber: () => number;
  readonly instanceFolder: string;
  readonly files: FileReader;
  /** Where hashes of passwords are computed, for whoever sets them. */
  readonly deriveFor: (source: string) => Derive;
  readonly findPolicy: FindPolicy;
  /** The logins of accounts. */
  readonly states: LoginStates;
  readonly profiles: PasswordProfiles;
  readonly supportedSaslMechanisms: () => readonly string[];
  readonly now: () => Date;
  readonly log: WritePathOptions['log'];
}

export interface OpenContexts {
  readonly contexts: NamingContexts;
  readonly config: ConfigBackend;
  readonly policies: AccessPolicies;
  /** Views of entries by requester, shared by all trees. */
  readonly views: EntryViews;
  readonly effective: EffectiveBackend;
  /** A component: its backends come and go with the configuration. */
  readonly memoryBackends: MemoryBackends;
}

/** Opens the trees of this server, and what requesters see of them. */
export function openContexts(options: NamingContextsOptions): OpenContexts {
  const { configuration, writePath, monitor, history, instanceFolder, files, now, log } = options;
  const { deriveFor, profiles, findPolicy, firstNumber } = options;
  const { schema, validator } = configuration;
  const policies = new AccessPolicies(schema, validator.definitions);
  const views = new EntryViews({
    schema,
    secrets: validator.definitions,
    policies,
    furtherDerived: new Map([
      ...usedByAttributes(configuration),
      ...inForceAttributes(configuration),
      ...accountAttributes({ configuration, findPolicy, states: options.states, now }),
      ...readOnlyRights(schema, READ_ONLY_TREES, TASK_BRANCHES),
    ]),
  });
  configuration.useSecretRights((requester, entry) => {
    const grant = entry && views.accessOf(requester)?.grantOf(entry);
    return (typeKey) => grant?.readsSecrets(typeKey) === true;
  });
  const config = new ConfigBackend({ configuration, views, writePath, deriveFor, findPolicy, now });
  const effective = new EffectiveBackend(configuration, views, writePath.feed);
  const facts = {
    supportedControls: SUPPORTED_CONTROLS,
    supportedExtensions: SUPPORTED_EXTENSIONS,
    supportedSaslMechanisms: options.supportedSaslMechanisms,
    vendorVersion: `confdit ${VERSION}`,
    changeNumbers: () => [firstNumber(), writePath.feed.number] as const,
  };
  const contexts = new NamingContexts();
  contexts.add(
    singleEntryBackend({
      schema,
      views,
      entry: rootDseOf(contexts, facts),
      instead: Instead.rootDse,
      countChildren: () => contexts.belowRoot.length,
    }),
  );
  const subschema = stampedSubschema(configuration, now);
  contexts.add(singleEntryBackend({ schema, views, entry: subschema, instead: Instead.schema }));
  contexts.add(config);
  contexts.add(effective);
  contexts.add(monitorBackend(schema, views, monitor));
  contexts.add(
    changelogBackend({
      schema,
      views,
      reader: history.reader,
      formatChange,
      firstNumber,
      lastNumber: () => writePath.feed.number,
    }),
  );
  const memoryBackends = new MemoryBackends({
    schema,
    views,
    contexts,
    isSecret: (key, value) => configuration.isSecret(key, value),
    clientTrustBases: () => configuration.clientTrustBases(),
    readEntries: (path) => readLdifFile(resolve(instanceFolder, path), instanceFolder, files),
    deriveFor,
    findPolicy,
    profiles,
    now,
    log,
  });
  options.service.use(views);
  return { contexts, config, policies, views, effective, memoryBackends };
}

/**
 * RFC 4512 §4.2 and RFC 4530: by its times a client sees that what it remembers of the schema may be old. Files of the schema are
 * read when the server starts; the configuration may add definitions later.
 */
function stampedSubschema({ schema, tree }: Configuration, now: () => Date): () => Entry {
  const root = tree.find(schema.dnKeyOfText('cn=config'));
  const id = idOfChange(root?.values('entryuuid')[0] ?? '', SUBSCHEMA_INDEX);
  let made = schema.subschemaEntry;
  let stamped = stamp(undefined, made, { at: now(), by: 'cn=schema', id }, schema);
  return () => {
    if (made === schema.subschemaEntry) return stamped;
    made = schema.subschemaEntry;
    stamped = stamp(stamped, made, { at: now(), by: 'cn=schema', id }, schema);
    return stamped;
  };
}

/** Only entries: a file of changes has no beginning to be applied to. Throws LdapError, LdifError, UnreadableFile. */
async function readLdifFile(
  path: string,
  instanceFolder: string,
  files: FileReader,
): Promise<readonly Entry[]> {
  if (await isOwnFile(path, instanceFolder)) {
    throw new LdapError(
      'unwillingToPerform',
      'The file belongs to the instance itself: it is its configuration, a password, a key or the like. Name a file of entries.',
    );
  }
  const entries: Entry[] = [];
  for await (const records of readLdifPieces(files.readPieces(path, LDIF_OCTETS_MAX))) {
    for (const record of records) {
      if (record.type === 'content') entries.push(record.entry);
      else
        throw new LdapError(
          'unwillingToPerform',
          'The file has change records; only entries can be taken from it.',
        );
    }
  }
  return entries;
}
