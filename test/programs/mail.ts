/** Mail as programs deliver it: into a mbox under locks, and into a Maildir by renames. */
import { expect, it } from 'vitest';

import { need, type Place } from './workplace.js';

export function mailTests(place: Place): void {
  it('mail of four processes arrives once and whole in a mbox and a Maildir', async () => {
    need('python3');
    const count = place().scaled(100);
    const out = await place().run(`python3 "$SCRIPTS/deliver.py" ${count}`);
    expect(out).toBe(`${4 * count} ${4 * count}\n`);
  });
}
