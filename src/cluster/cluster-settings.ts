// How a server reaches etcd: environment variables, and files that they name.

import { StoreError } from '../store/store-error.ts';
import type { ClusterLog } from './cluster-log.ts';
import { EtcdLog, type EtcdLogOptions } from './etcd-log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where in etcd the cluster is, unless CONFDIT_ETCD_PREFIX names another place. */
export const DEFAULT_PREFIX = '/confdit/default';
const PREFIX = /^\/[\x21-\x7e]{1,200}$/;

export type ClusterSettings = Pick<
  EtcdLogOptions,
  'urls' | 'prefix' | 'authorityFile' | 'certificateFile' | 'keyFile' | 'login'
>;

/** Opens the log that the environment names; nothing is sent before it is used. Throws StoreError. */
export function openLog(environment: Environment, means: Pick<EtcdLogOptions, 'files' | 'now'>): ClusterLog {
  return new EtcdLog({ ...clusterSettings(environment), ...means });
}

/** Reads the settings; files are not read. Throws StoreError for what is missing or wrong. */
export function clusterSettings(environment: Environment): ClusterSettings {
  const textOf = (name: string) => environment[name] || undefined;
  const prefix = (textOf('CONFDIT_ETCD_PREFIX') ?? DEFAULT_PREFIX).replace(/\/+$/, '');
  if (!PREFIX.test(prefix))
    throw new StoreError(
      `CONFDIT_ETCD_PREFIX is ${JSON.stringify(prefix)}; it must begin with a slash and have no blanks, like ${DEFAULT_PREFIX}.`,
    );
  const [certificateFile, keyFile] = [textOf('CONFDIT_ETCD_CERT_FILE'), textOf('CONFDIT_ETCD_KEY_FILE')];
  if ((certificateFile === undefined) !== (keyFile === undefined))
    throw new StoreError(
      'CONFDIT_ETCD_CERT_FILE and CONFDIT_ETCD_KEY_FILE go together; one of them is missing.',
    );
  const [user, passwordFile] = [textOf('CONFDIT_ETCD_USER'), textOf('CONFDIT_ETCD_PASSWORD_FILE')];
  if ((user === undefined) !== (passwordFile === undefined))
    throw new StoreError(
      'CONFDIT_ETCD_USER and CONFDIT_ETCD_PASSWORD_FILE go together; one of them is missing.',
    );
  return {
    urls: urlsOf(textOf('CONFDIT_ETCD') ?? ''),
    prefix,
    authorityFile: textOf('CONFDIT_ETCD_CA_FILE'),
    certificateFile,
    keyFile,
    login: user === undefined || passwordFile === undefined ? undefined : { user, passwordFile },
  };
}

function urlsOf(text: string): readonly string[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== '');
  const urls = words.map((word) => {
    const url = URL.parse(word);
    const isPlain = url !== null && url.pathname === '/' && url.username === '' && url.search === '';
    if (isPlain && (url.protocol === 'http:' || url.protocol === 'https:')) return url;
    throw new StoreError(
      `CONFDIT_ETCD has ${JSON.stringify(word)}, which is no address of etcd; write them as https://host:2379, with commas between.`,
    );
  });
  if (urls.length === 0)
    throw new StoreError('CONFDIT_ETCD must name the addresses of etcd, like https://host:2379.');
  if (new Set(urls.map(({ protocol }) => protocol)).size > 1)
    throw new StoreError('CONFDIT_ETCD has http and https addresses; all must be of one kind.');
  return urls.map(({ origin }) => origin);
}
