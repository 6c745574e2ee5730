/** Programs that copy trees and compare them. */
import { expect, it } from 'vitest';

import { need, type Place, type Workplace } from './workplace.js';

const tree = (workplace: Workplace) =>
  `python3 "$SCRIPTS/make_tree.py" "$BESIDE/tree" ${workplace.scaled(600)} all\n`;
/** Names with all that a copy keeps; sizes of directories are each file system's own. */
const list = `
list() { (cd "$1" && find . -printf '%y %m %U %G %n %T@ %p %l %s\\n' | sed -E '/^d/s/ [0-9]+$//' | sort); }
same() { diff -r --no-dereference "$1" "$2" && diff <(list "$1") <(list "$2"); }
`;

export function copyTests(place: Place): void {
  it('rsync copies a tree, and then finds nothing to do', async () => {
    need('rsync', 'python3');
    const out = await place().run(`${tree(place())}${list}
# By itself it takes directories and links for unchanged whose times differ by less than a second.
again() { rsync -aHX --modify-window=-1 --checksum --delete --itemize-changes "$@" "$BESIDE/tree/" copy/; }
again > /dev/null
same "$BESIDE/tree" copy
again
again --ignore-times --no-whole-file --inplace --checksum-choice=md5 > /dev/null
same "$BESIDE/tree" copy
echo more >> "$BESIDE/tree/large-5"
mv "$BESIDE/tree/folder-7" "$BESIDE/tree/folder-8/moved"
again --no-whole-file > /dev/null
again
same "$BESIDE/tree" copy
rsync -aHX --sparse copy/ sparse-copy/
rsync -aHX --checksum --itemize-changes copy/ sparse-copy/
getfattr --only-values -n user.note sparse-copy/large-1`);
    expect(out).toBe('an attribute');
  });

  it('tar unpacks a large tree and packs it again', async () => {
    need('tar', 'python3');
    const out = await place().run(`${tree(place())}${list}
options=(--xattrs --xattrs-include='user.*' --sparse)
tar "\${options[@]}" --format=posix -cf "$BESIDE/tree.tar" -C "$BESIDE" tree
tar "\${options[@]}" -xpf "$BESIDE/tree.tar"
tar "\${options[@]}" -df "$BESIDE/tree.tar"
same "$BESIDE/tree" tree
tar "\${options[@]}" --format=posix -czf packed.tar.gz tree
mkdir again
tar "\${options[@]}" -xpzf packed.tar.gz -C again
same tree again/tree`);
    expect(out).toBe('');
  });

  it('cp -a, mv and rm -r keep and move a tree', async () => {
    need('python3', 'getfattr');
    const out = await place().run(`${tree(place())}${list}
cp -a "$BESIDE/tree" first
same "$BESIDE/tree" first
cp -a --sparse=always first second
cp -a --reflink=auto first third
same first second
same first third
cp -al first hard
sleep "$SETTLE"
test "$(stat -c %h first/large-4)" = 2
test first/large-4 -ef hard/large-4
mv second/* "$BESIDE/"
rm -r second hard
mkdir -p deep/deeper
mv third deep/deeper/
same first deep/deeper/third
test "$(du -k --apparent-size first/sparse | cut -f1)" = 8790
getfattr --only-values -n user.note deep/deeper/third/large-1
rm -r deep first
ls`);
    expect(out).toBe('an attribute');
  });
}
