// The one place through which text goes to a person. What comes from names, values, files and servers is shown without
// control characters. The few sequences that the program itself sends stand in texts as marks, which no value can have: half
// a character that octets never decode to (octets.ts).

import { styleText } from 'node:util';
import { visibleText } from '../ldap/visible-text.ts';
import type { World } from './command.ts';

export type Stream = World['stdout'] | World['stderr'];
export type Style = 'bold' | 'red' | 'green' | 'yellow';

const ESCAPE = '\u001b';
const MARK = '\udc00';
const STYLES_MARKED = new RegExp(`${MARK}\\[(\\d{1,2})m`);
/** Takes away all that stands on the screen, on terminals only. */
export const CLEAR_SCREEN = `${MARK}J`;
/** Takes away what stands on the line. */
export const ERASE_LINE = `${MARK}K`;

/** Returns the text in a style, on terminals only and not where NO_COLOR is set: the runtime knows. */
export function paint(style: Style, text: string, stream: Stream): string {
  return styleText(style, visibleText(text), { stream }).replaceAll(ESCAPE, MARK);
}

/** Returns the process with outputs that show no control characters; `terminal` is for what draws by itself. */
export function withVisibleOutput(process: NodeJS.Process): World {
  const world = {
    stdout: visibleOutput(process.stdout),
    stderr: visibleOutput(process.stderr),
    terminal: { stdout: process.stdout, stderr: process.stderr },
  };
  return new Proxy(process, {
    get: (target, name) =>
      Object.hasOwn(world, name) ? Reflect.get(world, name) : boundTo(target, Reflect.get(target, name)),
  });
}

/** Octets that are no text go through, but not to a terminal. */
function visibleOutput<Output extends Stream>(output: Output): Output {
  const write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    const isText = typeof chunk === 'string';
    const shown = isText ? visible(chunk) : output.isTTY ? visible(Buffer.from(chunk).toString()) : chunk;
    return Reflect.apply(output.write, output, [shown, ...rest]);
  };
  return new Proxy(output, {
    get: (target, name) => (name === 'write' ? write : boundTo(target, Reflect.get(target, name))),
  });
}

function boundTo(target: object, member: unknown): unknown {
  return typeof member === 'function' ? member.bind(target) : member;
}

function visible(text: string): string {
  if (!text.includes(MARK)) return visibleText(text);
  const screens = text.split(CLEAR_SCREEN).map((screen) => screen.split(ERASE_LINE).map(styled));
  // The cursor to the upper left corner, and everything behind it away (ECMA-48 §8.3.21, §8.3.39).
  return screens.map((lines) => lines.join(`\r${ESCAPE}[K`)).join(`${ESCAPE}[H${ESCAPE}[J`);
}

function styled(text: string): string {
  return text
    .split(STYLES_MARKED)
    .map((piece, index) => (index % 2 === 0 ? visibleText(piece) : `${ESCAPE}[${piece}m`))
    .join('');
}
