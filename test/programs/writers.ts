/** Two writers and a reader of one file. */
import { expect, it } from 'vitest';

import { need, type Place } from './workplace.js';

export function writerTests(place: Place): void {
  it('appends of two writers come whole and in turn, and stay as a reader saw them', async () => {
    need('python3');
    const count = place().scaled(500);
    const out = await place().run(`
python3 "$SCRIPTS/follow.py" file done & reader=$!
python3 "$SCRIPTS/append.py" file one ${count} & one=$!
python3 "$SCRIPTS/append.py" file two ${count} & two=$!
wait $one; wait $two
touch done
wait $reader`);
    expect(out).toBe(`one: ${count} two: ${count}\n`);
  });

  it('blocks of two writers with fsync are all there, and a reader sees no other bytes', async () => {
    need('python3');
    const blocks = place().scaled(500);
    const out = await place().run(`
python3 "$SCRIPTS/check_blocks.py" file done ${blocks} & reader=$!
python3 "$SCRIPTS/own_blocks.py" file 0 2 ${blocks} & one=$!
python3 "$SCRIPTS/own_blocks.py" file 1 2 ${blocks} & two=$!
wait $one; wait $two
touch done
wait $reader`);
    expect(out).toBe('good\n');
  });
}
