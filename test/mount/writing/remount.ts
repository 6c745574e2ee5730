import { describe, expect, it } from 'vitest';
import type { DriverLimits } from '../../../fs/mount/driver.js';
import type { WritableVault } from './writable-vault.js';

/** Everything of a tree that lasts. */
const listing = `find . -printf '%P\\t%y\\t%m\\t%U\\t%n\\t%s\\t%T@\\t%l\\n' | sort; find . -type f -print0 | sort -z | xargs -0 sha256sum`;

export function remountTests(vault: WritableVault, { sharedHardLinks }: DriverLimits): void {
  describe('what programs have written', () => {
    it('is there after a restart, and verifies', () => {
      vault.shell(`
mkdir work; cd work
git init -q repo; cd repo; git config user.email a@b; git config user.name n
for n in 1 2 3; do head -c $((n * 70000)) /dev/urandom > file-$n; git add .; git commit -qm $n; done; git fsck --strict; git gc -q; cd ..
sqlite3 t.db 'pragma journal_mode=wal; create table t(a); insert into t values(1),(2),(3)' > /dev/null
mkdir from; cp -a repo from; rsync -a from/ to; tar cf all.tar to; mkdir out; tar xf all.tar -C out
dd if=/dev/zero of=large bs=1M count=20 conv=fsync status=none; cp --sparse=always large sparse
ln repo/file-1 hard; ln -s hard soft; touch -d '1965-05-04 03:02:01.123456789' large
sleep ${sharedHardLinks ? 0 : 1.2}`);
      const before = vault.shell(listing);
      vault.restart();
      expect(vault.shell(listing)).toBe(before);
      expect(
        vault.shell(
          `sqlite3 work/t.db 'pragma integrity_check; select sum(a) from t'; ls -A work | grep -c hidden || true`,
        ),
      ).toBe('ok\n6\n0\n');
      expect(vault.verify()).toContain(' 0 failures');
    });
  });
}
