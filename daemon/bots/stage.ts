/** How an instance that is a user of its own gets to places that only root may pass, and holds nothing else of the machine. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireProgram } from '../../common/find-program.js';
import type { BotPlaces } from './sandbox-view.js';
import { topNames } from './top-folders.js';

const names = ['program', 'in', 'out', 'node'] as const;
/** Of the machine, what bubblewrap makes a sandbox of, and what has to be there for it to run. */
const shared = ['usr', ...topNames, 'etc', 'proc', 'dev'];

/**
 * In a mount namespace of its own (mount_namespaces(7)), which ends with what it starts: nobody else sees these mounts. It is a slave of the
 * machine's, so that nothing of it gets there.
 *
 * It has a root of its own, and lets go of the machine's with all that is mounted there: a file system that is unmounted while a bot runs
 * ends, also where the machine's mounts are private and no unmount of theirs gets here. Of what is mounted below the few folders that stay, what
 * some process serves is let go of, too; below /proc that is a container's, which it has put over what is the kernel's.
 */
const script = `set -e; pivot_root=$1 stage=$2 root=$2/root; shift 2
mount -t tmpfs -o mode=755 stage "$root"
for name in ${shared.join(' ')}; do
  if [ -L "/$name" ]; then cp -P "/$name" "$root"
  elif [ -d "/$name" ]; then mkdir "$root/$name"; mount --rbind "/$name" "$root/$name"
  fi
done
(umask 022; mkdir -p "$root$stage" "$root/machine" "$root/tmp")
mount --bind "$stage" "$root$stage"
for name in ${names.join(' ')}; do mount --bind "$1" "$root$stage/$name"; shift; done
"$pivot_root" "$root" "$root/machine"; cd /; unset OLDPWD
umount -l /machine
served() {
  while read -r _ _ _ _ point rest; do
    case $rest in *' - fuse'*) point=$(printf %b "$point") ;; *) continue ;; esac
    case $point in "$stage"/* | /proc/*) ;; /*/*) printf '%s\\n' "$point"; return ;; esac
  done </proc/self/mountinfo
}
point=$(served)
while [ -n "$point" ]; do umount -il "$point"; point=$(served); done
exec "$@"`;

/**
 * Where an instance's places are shown: folders in its own one, which everybody may pass, and the words of a command that binds
 * the places there before it starts what follows.
 */
export class Stage {
  readonly places: BotPlaces;
  readonly words: readonly string[];

  /** @param folder the instance's own @throws with an errno code; SherinError TOOL_MISSING */
  constructor(folder: string, real: BotPlaces) {
    const shown = (name: string) => join(folder, name);
    for (const name of [...names, 'root']) {
      if (name === 'node') writeFileSync(shown(name), '', { mode: 0o644 });
      else mkdirSync(shown(name), { mode: name === 'root' ? 0o700 : 0o755 });
    }
    this.places = {
      ...real,
      ...{ program: shown('program'), in: shown('in'), out: shown('out'), node: shown('node') },
    };
    this.words = [
      ...[requireProgram('unshare', 'util-linux'), '--mount', '--propagation', 'slave', '--'],
      ...['/bin/sh', '-c', script, 'sh', requireProgram('pivot_root', 'util-linux'), folder],
      ...names.map((name) => real[name]),
    ];
  }
}
