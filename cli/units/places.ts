/** What a set of units is about: one vault of root or of another user, and the programs that serve it. */
import { join } from 'node:path';
import type { Places } from '../../common/environment.js';
import { projectRoot } from '../../common/project.js';

export interface UnitPlaces extends Pick<Places, 'vault' | 'mount' | 'runtime'> {
  /** Paths of Node, of sherind and of sherinctl. */
  readonly node: string;
  readonly daemon: string;
  readonly cli: string;
  /** Further variables of the service, by name. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Variables that a service has to know as its administrator does: where things are, when it locks, who gets heads of the audit log. */
const handedOn = [
  ...['SHERIN_TPM_STATE', 'SHERIN_DAEMON_STATE', 'SHERIN_KNOWN_VAULTS', 'SHERIN_TCTI'],
  ...['SHERIN_AUTO_LOCK', 'SHERIN_LOCK_BEFORE_SLEEP', 'SHERIN_ANCHOR_FILE', 'SHERIN_ANCHOR_COMMAND'],
  'SHERIN_ALLOW_OTHER',
];

/** Those of this vault, served by the programs that run now. */
export function unitPlaces(where: Places, env: NodeJS.ProcessEnv = process.env): UnitPlaces {
  return {
    ...{ vault: where.vault, mount: where.mount, runtime: where.runtime },
    node: process.execPath,
    daemon: join(projectRoot, 'dist/daemon/main.js'),
    cli: join(projectRoot, 'dist/cli/main.js'),
    variables: Object.fromEntries(
      handedOn.flatMap((name) => {
        const value = env[name];
        return value === undefined ? [] : [[name, value]];
      }),
    ),
  };
}

/** Of the Debian package: root's vault at its usual places. */
export const packagedPlaces: UnitPlaces = {
  ...{ vault: '/var/lib/sherin', mount: '/mnt/sherin', runtime: '/run/sherin' },
  node: '/usr/bin/node',
  daemon: '/usr/lib/sherin/dist/daemon/main.js',
  cli: '/usr/lib/sherin/dist/cli/main.js',
  variables: {},
};
