// Authorities, certificates and key stores for the tests, made by openssl as administrators make them.

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

  get certificate(): Promise<string> {
    return readFile(this.certificateFile, 'utf8');
  }

  /** A certificate for localhost, or for another subject. */
  async issue({ subject = '/CN=localhost', keyType = 'EC', days = 10 }: IssueOptions = {}): Promise<Issued> {
    this.#count += 1;
    const name = `issued-${this.#count}`;
    const algorithm = keyType === 'EC' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048'];
    await this.#openssl(
      ...['req', '-newkey', ...algorithm, '-nodes', '-subj', subject, '-utf8'],
      ...['-keyout', `${name}.key`, '-out', `${name}.csr`],
    );
    await writeFile(join(this.folder, 'names.cnf'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    await this.#openssl(
      ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
      ...['-days', String(days), '-extfile', 'names.cnf', '-out', `${name}.crt`],
    );
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
    await rm(this.folder, { recursive: true, force: true });
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
