/** git on a repository of many small files: it trusts times and inode numbers, renames, and maps its packs. */
import { expect, it } from 'vitest';

import { need, type Place } from './workplace.js';

const settings = `
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=test GIT_AUTHOR_EMAIL=test@localhost
export GIT_COMMITTER_NAME=test GIT_COMMITTER_EMAIL=test@localhost
git config --global gc.auto 0
clean() { test -z "$(git status --porcelain)" && git diff-files --quiet && git diff-index --quiet HEAD; }
`;

export function gitTests(place: Place): void {
  it('git commits, switches branches, collects garbage and clones', async () => {
    need('git', 'python3');
    const out = await place().run(`${settings}
python3 "$SCRIPTS/make_tree.py" repository ${place().scaled(2000)} small
cd repository
git init -q -b main
git add -A
git commit -q -m first
clean

git switch -q -c other
git rm -q -r folder-3
git mv folder-4 moved
for file in folder-5/*/*; do echo changed >> "$file"; done
git add -A
git commit -q -m second
clean
git switch -q main
clean
test -d folder-3 && test ! -e moved
git switch -q other
clean
echo again >> folder-6/0/$(ls folder-6/0 | head -1)
git stash -q
clean
git stash pop -q
git commit -q -a -m third
git switch -q main
git merge -q other
clean

git reflog expire --expire=now --all
git gc -q --prune=now
git fsck --full --strict
test "$(git count-objects)" = '0 objects, 0 kilobytes'
clean
git clone -q . ../linked
git clone -q --no-local . ../packed
for copy in linked packed; do (cd ../$copy; clean; git fsck --full); done
diff -r --exclude .git . ../linked
diff -r --exclude .git . ../packed
git log --oneline | wc -l`);
    expect(out.trim().split('\n').at(-1)?.trim()).toBe('3');
  });
}
