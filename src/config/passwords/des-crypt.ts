// The oldest crypt(3): 25 rounds of DES (FIPS 46-3) on zeros, with the password as the key and a salt of twelve bits
// that swap bits of the expansion. It is OpenLDAP's default for {CRYPT}. It is verified here and never written.

const INITIAL = table(
  '58 50 42 34 26 18 10 2 60 52 44 36 28 20 12 4 62 54 46 38 30 22 14 6 64 56 48 40 32 24 16 8 57 49 41 33 25 17 9 1 ' +
    '59 51 43 35 27 19 11 3 61 53 45 37 29 21 13 5 63 55 47 39 31 23 15 7',
);
const FINAL = table(
  '40 8 48 16 56 24 64 32 39 7 47 15 55 23 63 31 38 6 46 14 54 22 62 30 37 5 45 13 53 21 61 29 36 4 44 12 52 20 60 28 ' +
    '35 3 43 11 51 19 59 27 34 2 42 10 50 18 58 26 33 1 41 9 49 17 57 25',
);
const EXPANSION = table(
  '32 1 2 3 4 5 4 5 6 7 8 9 8 9 10 11 12 13 12 13 14 15 16 17 16 17 18 19 20 21 20 21 22 23 24 25 24 25 26 27 28 29 ' +
    '28 29 30 31 32 1',
);
const PERMUTATION = table(
  '16 7 20 21 29 12 28 17 1 15 23 26 5 18 31 10 2 8 24 14 32 27 3 9 19 13 30 6 22 11 4 25',
);
const KEY_CHOICE = table(
  '57 49 41 33 25 17 9 1 58 50 42 34 26 18 10 2 59 51 43 35 27 19 11 3 60 52 44 36 63 55 47 39 31 23 15 7 62 54 46 38 ' +
    '30 22 14 6 61 53 45 37 29 21 13 5 28 20 12 4',
);
const ROUND_KEY_CHOICE = table(
  '14 17 11 24 1 5 3 28 15 6 21 10 23 19 12 4 26 8 16 7 27 20 13 2 41 52 31 37 47 55 30 40 51 45 33 48 44 49 39 56 34 53 ' +
    '46 42 50 36 29 32',
);
const KEY_SHIFTS = [1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1];
/** S-boxes: four rows of sixteen, in hexadecimal digits. */
const BOXES = [
  'E4D12FB83A6C59070F74E2D1A6CB953841E8D62BFC973A50FC8249175B3EA06D',
  'F18E6B34972DC05A3D47F28EC01A69B50E7BA4D158C6932FD8A13F42B67C05E9',
  'A09E63F51DC7B428D709346A285ECBF1D6498F30B12C5AE71AD069874FE3B52C',
  '7DE3069A1285BC4FD8B56F03472C1AE9A690CB7DF13E52843F06A1D8945BC72E',
  '2C417AB6853FD0E9EB2C47D150FA3986421BAD78F9C5630EB8C71E2D6F09A453',
  'C1AF92680D34E75BAF427C9561DE0B389EF528C3704A1DB6432C95FABE17608D',
  '4B2EF08D3C975A61D0B7491AE35C2F8614BDC37EAF6805926BD814A7950FE23C',
  'D2846FB1A93E50C71FD8A374C56B0E927B419CE206ADF35821E74A8DFC90356B',
].map((digits) => [...digits].map((digit) => Number.parseInt(digit, 16)));
const CHARACTERS = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ROUNDS = 25;
const HALF_BITS = 32;
const PASSWORD_OCTETS = 8;
const BIG_PASSWORD_OCTETS_MAX = 128;
const SALT_BITS = 6;

/** Length of a DES hash. Longer text has a part for each eight octets of the password. */
export const DES_CHARACTERS = 13;

/**
 * Computes bigcrypt for long passwords (Digital UNIX, libxcrypt): each eight octets alone, with the start of the
 * previous result as the salt. It is the default of slappasswd.
 */
export function bigCrypt(password: Uint8Array, salt: string): string {
  let text = desCrypt(password, salt);
  let next = text.slice(2, 4);
  for (
    let at = PASSWORD_OCTETS;
    at < Math.min(password.length, BIG_PASSWORD_OCTETS_MAX);
    at += PASSWORD_OCTETS
  ) {
    const part = desCrypt(password.subarray(at), next).slice(2);
    next = part.slice(0, 2);
    text += part;
  }
  return text;
}

/** Computes crypt(3). Takes a salt of two characters; returns thirteen characters. */
export function desCrypt(password: Uint8Array, salt: string): string {
  const expansion = salted(salt);
  const keys = roundKeys(password);
  let block = new Array<number>(64).fill(0);
  for (let round = 0; round < ROUNDS; round++) block = encrypt(block, keys, expansion);
  const bits = [...block, 0, 0];
  let text = salt.slice(0, 2);
  for (let at = 0; at < bits.length; at += SALT_BITS) {
    text += CHARACTERS[Number.parseInt(bits.slice(at, at + SALT_BITS).join(''), 2)] ?? '';
  }
  return text;
}

/** Parses a table that counts bits from one, as in the standard. */
function table(text: string): readonly number[] {
  return text.split(' ').map((bit) => Number(bit) - 1);
}

function choose(bits: readonly number[], choice: readonly number[]): number[] {
  return choice.map((at) => bits[at] ?? 0);
}

/** Returns the salted expansion. Each bit of the salt swaps a bit of the first half with one of the second. */
function salted(salt: string): readonly number[] {
  const expansion = [...EXPANSION];
  const half = expansion.length / 2;
  for (let character = 0; character < 2; character++) {
    const value = CHARACTERS.indexOf(salt[character] ?? '.');
    for (let bit = 0; bit < SALT_BITS; bit++) {
      if (((value >> bit) & 1) === 0) continue;
      const at = character * SALT_BITS + bit;
      [expansion[at], expansion[at + half]] = [expansion[at + half] ?? 0, expansion[at] ?? 0];
    }
  }
  return expansion;
}

function roundKeys(password: Uint8Array): readonly (readonly number[])[] {
  const bits: number[] = [];
  for (let index = 0; index < PASSWORD_OCTETS; index++) {
    // Uses seven bits of each octet; DES ignores the parity bit.
    const octet = ((password[index] ?? 0) << 1) & 0xff;
    for (let bit = 7; bit >= 0; bit--) bits.push((octet >> bit) & 1);
  }
  const chosen = choose(bits, KEY_CHOICE);
  let [left, right] = [chosen.slice(0, 28), chosen.slice(28)];
  return KEY_SHIFTS.map((shift) => {
    left = [...left.slice(shift), ...left.slice(0, shift)];
    right = [...right.slice(shift), ...right.slice(0, shift)];
    return choose([...left, ...right], ROUND_KEY_CHOICE);
  });
}

function encrypt(
  block: readonly number[],
  keys: readonly (readonly number[])[],
  expansion: readonly number[],
): number[] {
  const start = choose(block, INITIAL);
  let [left, right] = [start.slice(0, HALF_BITS), start.slice(HALF_BITS)];
  for (const key of keys) {
    const expanded = expansion.map((at, index) => (right[at] ?? 0) ^ (key[index] ?? 0));
    const mixed = choose(substituted(expanded), PERMUTATION);
    [left, right] = [right, mixed.map((bit, index) => bit ^ (left[index] ?? 0))];
  }
  return choose([...right, ...left], FINAL);
}

function substituted(bits: readonly number[]): number[] {
  return BOXES.flatMap((box, index) => {
    const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bits.slice(index * 6, index * 6 + 6);
    const value = box[(a * 2 + f) * 16 + b * 8 + c * 4 + d * 2 + e] ?? 0;
    return [(value >> 3) & 1, (value >> 2) & 1, (value >> 1) & 1, value & 1];
  });
}
