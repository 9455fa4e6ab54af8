// Files in one file and back: the ustar form of tar (POSIX.1-1988), which every system can read without us. Regular
// files only, with the names they have below one folder; content as octets, at most a file at a time.

const BLOCK_OCTETS = 512;
const NAME_OCTETS_MAX = 100;
const PREFIX_OCTETS_MAX = 155;
const CHECKSUM_START = 148;
const CHECKSUM_OCTETS = 8;
const FILE_TYPE = '0';

export interface PackedFile {
  /** With slashes, below the folder that is packed. */
  readonly name: string;
  readonly content: Buffer;
}

/** One file as it stands in the archive. Throws RangeError for a name that is too long. */
export function packFile({ name, content }: PackedFile, modifiedAt: Date): Buffer {
  const rest = (BLOCK_OCTETS - (content.length % BLOCK_OCTETS)) % BLOCK_OCTETS;
  return Buffer.concat([headerOf(name, content.length, modifiedAt), content, Buffer.alloc(rest)]);
}

/** What ends an archive. */
export function packEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK_OCTETS);
}

/** The files of a whole archive, in order; throws RangeError when it is cut short or damaged. */
export function* unpackFiles(archive: Buffer): Generator<PackedFile, void> {
  for (let position = 0; ; ) {
    const header = archive.subarray(position, position + BLOCK_OCTETS);
    if (header.length < BLOCK_OCTETS) throw new RangeError('it ends before its end mark');
    if (header.every((octet) => octet === 0)) return;
    if (octal(header, CHECKSUM_START, CHECKSUM_OCTETS) !== checksumOf(header))
      throw new RangeError(`the block at octet ${position} is not as it was written`);
    const prefix = text(header, 345, PREFIX_OCTETS_MAX);
    const name = text(header, 0, NAME_OCTETS_MAX);
    const size = octal(header, 124, 12);
    const start = position + BLOCK_OCTETS;
    if (start + size > archive.length) throw new RangeError('it ends in the middle of a file');
    yield {
      name: prefix === '' ? name : `${prefix}/${name}`,
      content: archive.subarray(start, start + size),
    };
    position = start + Math.ceil(size / BLOCK_OCTETS) * BLOCK_OCTETS;
  }
}

function headerOf(path: string, size: number, modifiedAt: Date): Buffer {
  const header = Buffer.alloc(BLOCK_OCTETS);
  const { prefix, name } = splitName(path);
  const put = (value: string, at: number) => header.write(value, at, 'utf8');
  put(name, 0);
  put('0000600\0', 100);
  put('0000000\0', 108);
  put('0000000\0', 116);
  put(`${size.toString(8).padStart(11, '0')}\0`, 124);
  put(
    `${Math.floor(modifiedAt.getTime() / 1000)
      .toString(8)
      .padStart(11, '0')}\0`,
    136,
  );
  put(FILE_TYPE, 156);
  put('ustar\x0000', 257);
  put(prefix, 345);
  put(`${checksumOf(header).toString(8).padStart(6, '0')}\0 `, CHECKSUM_START);
  return header;
}

function splitName(path: string): { readonly prefix: string; readonly name: string } {
  if (Buffer.byteLength(path) <= NAME_OCTETS_MAX) return { prefix: '', name: path };
  const cut = path.indexOf('/', path.length - NAME_OCTETS_MAX);
  const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
  const fits = Buffer.byteLength(prefix) <= PREFIX_OCTETS_MAX && Buffer.byteLength(name) <= NAME_OCTETS_MAX;
  if (cut < 1 || !fits) throw new RangeError(`the name ${path} is too long for an archive`);
  return { prefix, name };
}

/** The sum of all octets, with spaces where the sum itself stands. */
function checksumOf(header: Buffer): number {
  let sum = CHECKSUM_OCTETS * 0x20;
  for (const [index, octet] of header.entries()) {
    if (index < CHECKSUM_START || index >= CHECKSUM_START + CHECKSUM_OCTETS) sum += octet;
  }
  return sum;
}

function text(header: Buffer, at: number, length: number): string {
  return header.toString('utf8', at, at + length).replace(/\0.*$/s, '');
}

function octal(header: Buffer, at: number, length: number): number {
  return Number.parseInt(text(header, at, length).trim() || '0', 8);
}
