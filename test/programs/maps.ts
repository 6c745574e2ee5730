/** Files written through memory. */
import { expect, it } from 'vitest';

import { need, type Place } from './workplace.js';

export function mapTests(place: Place): void {
  it('bytes written through shared maps of two processes are those of the file', async () => {
    need('python3');
    const out = await place().run(
      `python3 "$SCRIPTS/map_shared.py" file ${place().scaled(600)}; cmp file file`,
    );
    expect(out).toBe('good\n');
  });

  it('a program runs from a file that has just been written', async () => {
    const out = await place().run(`
cp "$(command -v sort)" sorter
printf 'b\\na\\n' > text
./sorter text > sorted
mv text sorted.in
./sorter -o sorted.in sorted.in
cmp sorted sorted.in && cat sorted`);
    expect(out).toBe('a\nb\n');
  });
}
