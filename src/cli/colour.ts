// Colours, on terminals only and not where NO_COLOR is set: the runtime knows.

import { styleText } from 'node:util';
import type { World } from './command.ts';

export type Stream = World['stdout'] | World['stderr'];
export type Style = 'bold' | 'red' | 'green' | 'yellow';

export function paint(style: Style, text: string, stream: Stream): string {
  return styleText(style, text, { stream });
}
