// Authorities, certificates and key stores for the tests, made by openssl as administrators make them.

import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { removeFolder } from './folders.ts';
import { runProgram } from './ldap-tools.ts';

export interface Issued {
  /** PEM. */
  readonly key: string;
  readonly certificate: string;
  /** Key, certificate and issuer in one text, as a folder of PEM files has them. */
  readonly pem: string;
  readonly keyFile: string;
  readonly certificateFile: string;
}

export interface IssueOptions {
  /** `/CN=localhost`, or with more parts `/O=Example/CN=client`. */
  readonly subject?: string;
  readonly keyType?: 'EC' | 'RSA';
  readonly days?: number;
  /** Instead of `days`: `20200101000000Z`, twice. */
  readonly validity?: { readonly from: string; readonly to: string };
  /** Instead of localhost and 127.0.0.1: `DNS:mail.example.com,IP:192.0.2.1`. */
  readonly names?: string;
  /** Whether it may issue others. */
  readonly isAuthority?: boolean;
}

const LOCAL_NAMES = 'DNS:localhost,IP:127.0.0.1';

function caConfiguration(name: string): string {
  return `[ca]
default_ca=own
[own]
database=${name}.index
new_certs_dir=.
rand_serial=yes
default_md=sha256
policy=any
[any]
organizationName=optional
commonName=optional
`;
}

/** An authority of its own in a folder of its own; whoever makes one removes it. */
export class Authority {
  readonly folder: string;
  readonly certificateFile: string;
  #count = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.certificateFile = join(folder, 'ca.crt');
  }

  static async create(name = 'Test Authority'): Promise<Authority> {
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'confdit-ca-')));
    await authority.#openssl(
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '30'],
      ...['-keyout', 'ca.key', '-out', 'ca.crt', '-subj', `/CN=${name}`],
    );
    return authority;
  }

  /** The one whose key and certificate are in this folder as ca.key and ca.crt. */
  static in(folder: string): Authority {
    return new Authority(folder);
  }

  get certificate(): Promise<string> {
    return readFile(this.certificateFile, 'utf8');
  }

  /** A certificate for localhost, or for another subject. */
  async issue(options: IssueOptions = {}): Promise<Issued> {
    const { subject = '/CN=localhost', keyType = 'EC', names = LOCAL_NAMES, isAuthority = false } = options;
    this.#count += 1;
    const name = `issued-${this.#count}`;
    const algorithm = keyType === 'EC' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048'];
    await this.#openssl(
      ...['req', '-newkey', ...algorithm, '-nodes', '-subj', subject, '-utf8'],
      ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
    );
    const extensions = isAuthority ? 'basicConstraints=critical,CA:true\n' : `subjectAltName=${names}\n`;
    await writeFile(join(this.folder, `${name}.cnf`), extensions);
    await this.#sign(name, options);
    const keyFile = join(this.folder, `${name}.key`);
    const certificateFile = join(this.folder, `${name}.crt`);
    const key = await readFile(keyFile, 'utf8');
    const certificate = await readFile(certificateFile, 'utf8');
    return {
      key,
      certificate,
      keyFile,
      certificateFile,
      pem: `${key}${certificate}${await this.certificate}`,
    };
  }

  /** An authority that this one vouches for. */
  async subordinate(name = 'Intermediate Authority'): Promise<Authority> {
    const { key, certificate } = await this.issue({ subject: `/CN=${name}`, isAuthority: true });
    const authority = new Authority(await mkdtemp(join(tmpdir(), 'confdit-ca-')));
    await writeFile(join(authority.folder, 'ca.key'), key);
    await writeFile(authority.certificateFile, certificate);
    return authority;
  }

  async #sign(name: string, { days = 10, validity }: IssueOptions): Promise<void> {
    if (validity === undefined) {
      await this.#openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key'],
        // A number of its own: openssl counts in a file, which certificates issued at the same time would tear.
        ...['-set_serial', `0x${randomBytes(16).toString('hex')}`],
        ...['-days', String(days), '-extfile', `${name}.cnf`, '-out', `${name}.crt`],
      );
      return;
    }
    // Only this command takes dates, and it wants a place to keep its books.
    await writeFile(join(this.folder, `${name}.index`), '');
    await writeFile(join(this.folder, `${name}.ca.cnf`), caConfiguration(name));
    await this.#openssl(
      ...['ca', '-batch', '-notext', '-config', `${name}.ca.cnf`, '-in', `${name}.csr`],
      ...['-cert', 'ca.crt', '-keyfile', 'ca.key', '-extfile', `${name}.cnf`, '-out', `${name}.crt`],
      ...['-startdate', validity.from, '-enddate', validity.to],
    );
  }

  /** A PKCS#12 store; the words are options of `openssl pkcs12 -export`. */
  async pkcs12(
    { keyFile, certificateFile }: Issued,
    pin: string,
    ...words: readonly string[]
  ): Promise<Buffer> {
    const out = join(this.folder, 'store.p12');
    await this.#openssl(
      ...['pkcs12', '-export', '-inkey', keyFile, '-in', certificateFile, '-certfile', 'ca.crt'],
      ...['-passout', `pass:${pin}`, '-out', out, ...words],
    );
    return readFile(out);
  }

  async remove(): Promise<void> {
    await removeFolder(this.folder);
  }

  async #openssl(...words: readonly string[]): Promise<void> {
    const { code, stderr } = await runProgram('sh', [
      '-c',
      'cd "$0" && exec openssl "$@"',
      this.folder,
      ...words,
    ]);
    if (code !== 0) throw new Error(`openssl ${words.join(' ')} failed: ${stderr}`);
  }
}
