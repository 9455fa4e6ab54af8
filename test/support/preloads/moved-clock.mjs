// Loaded before a server (`node --import`): its calendar is as many milliseconds ahead as a file says, from the moment the
// file says so, as when somebody puts the clock forward. CONFDIT_TEST_CLOCK names the file.

import { readFileSync } from 'node:fs';

const file = process.env.CONFDIT_TEST_CLOCK ?? '';
const RealDate = Date;

function aheadMs() {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch {
    return 0;
  }
}

globalThis.Date = class extends RealDate {
  constructor(...words) {
    if (words.length === 0) super(RealDate.now() + aheadMs());
    else super(...words);
  }

  static now() {
    return RealDate.now() + aheadMs();
  }
};
