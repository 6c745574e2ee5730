/** Stressors of stress-ng for file systems, some at a time, each checking what it does. */
import { it } from 'vitest';

import { need, type Place } from './workplace.js';

const groups: Readonly<Record<string, string>> = {
  names: '--rename 1 --link 1 --symlink 1 --dir 1 --dentry 1 --filename 1 --mknod 1',
  'deep and wide directories': '--dirdeep 1 --dirdeep-inodes 2000 --dirmany 1',
  attributes: '--utime 1 --xattr 1 --chmod 1 --access 1',
  content: '--hdd 1 --hdd-bytes 8M --fallocate 1 --fallocate-bytes 8M --fpunch 1 --seek 1 --seek-size 8M',
};

export function stressTests(place: Place): void {
  it.each(Object.entries(groups))('stress-ng finds nothing wrong with %s', async (_, stressors) => {
    need('stress-ng');
    // It ends with 2 when a stressor found something wrong, with 3 or 4 when one could not run.
    await place().run(`stress-ng --verify --temp-path . --timeout ${place().scaled(1)}s ${stressors} 2>&1`);
  });
}
