/** How an instance that is a user of its own gets to places that only root may pass. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { requireProgram } from '../../common/find-program.js';
import type { BotPlaces } from './sandbox-view.js';

const names = ['program', 'in', 'out', 'node'] as const;

/**
 * In a mount namespace of its own (mount_namespaces(7)), which ends with what it starts: nobody else sees these mounts. It is a
 * slave of the machine's: what is unmounted there goes here too, so that a bot holds no file system of others.
 */
const script = `set -e; stage=$1; shift
for name in ${names.join(' ')}; do mount --bind "$1" "$stage/$name"; shift; done
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
    for (const name of names) {
      if (name === 'node') writeFileSync(shown(name), '', { mode: 0o644 });
      else mkdirSync(shown(name), { mode: 0o755 });
    }
    this.places = {
      ...real,
      ...{ program: shown('program'), in: shown('in'), out: shown('out'), node: shown('node') },
    };
    this.words = [
      ...[requireProgram('unshare', 'util-linux'), '--mount', '--propagation', 'slave', '--'],
      ...['/bin/sh', '-c', script, 'sh', folder, ...names.map((name) => real[name])],
    ];
  }
}
