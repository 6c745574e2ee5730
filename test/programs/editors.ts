/** How editors save. */
import { expect, it } from 'vitest';

import { need, type Place } from './workplace.js';

export function editorTests(place: Place): void {
  it('files saved by rename, with a backup and in place have the new text', async () => {
    need('python3');
    const out = await place().run(`python3 "$SCRIPTS/save.py" ${place().scaled(30)}`);
    expect(out).toBe('by_backup by_backup.link by_rename by_rename.link in_place in_place.link\n');
  });

  it('sed -i, redirections, dd and truncate change files', async () => {
    const out = await place().run(`
seq 1 20000 > numbers
chmod 640 numbers
for turn in $(seq ${place().scaled(20)}); do sed -i "s/^$turn$/& changed/" numbers; done
grep -c changed numbers
stat -c %a numbers
sed -i.bak '/changed/d' numbers
diff numbers.bak numbers > changes || test $? = 1
grep -c '^<' changes
rm changes
sort -r -n numbers -o sorted
head -1 sorted > top
rm sorted
cat numbers >> top
tail -1 top
: > numbers
test ! -s numbers
dd if=top of=part bs=1000 skip=3 count=5 conv=fsync status=none
cmp <(tail -c +3001 top | head -c 5000) part
truncate -s 1234567 part
tail -c 10 part | od -An -c | tr -d ' \\n'
ls`);
    const count = `${place().scaled(20)}`;
    const zeros = '\\0'.repeat(10);
    const names = 'numbers\nnumbers.bak\npart\ntop\n';
    expect(out).toBe(`${count}\n640\n${count}\n20000\n${zeros}${names}`);
  });
}
