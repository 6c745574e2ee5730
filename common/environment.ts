/** Where things are when nobody says otherwise (the environment variables of the manual page). */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Places {
  readonly vault: string;
  readonly mount: string;
  /** True where somebody named the mount point, false where it is the usual one. */
  readonly mountNamed: boolean;
  /** Directory of the sockets. */
  readonly runtime: string;
  /** Software TPM states, one directory per vault UUID. */
  readonly tpmState: string;
  /** What sherind keeps of its own, one directory per vault UUID. */
  readonly daemonState: string;
  /** File of the vaults this machine knows. */
  readonly knownVaults: string;
  /** TCTI of the TPM, when set. */
  readonly tcti: string | null;
}

export interface PlaceFlags {
  readonly vault?: string | undefined;
  readonly mount?: string | undefined;
  readonly runtimeDir?: string | undefined;
}

/** Flags win over variables, variables over defaults. */
export function places(flags: PlaceFlags = {}, env: NodeJS.ProcessEnv = process.env): Places {
  const root = process.getuid?.() === 0;
  const home = env.HOME ?? homedir();
  const data = env.XDG_DATA_HOME ?? join(home, '.local', 'share');
  const state = env.XDG_STATE_HOME ?? join(home, '.local', 'state');
  const runtime = env.XDG_RUNTIME_DIR ?? join('/tmp', `sherin-${process.getuid?.() ?? 0}`);
  return {
    vault: resolve(flags.vault ?? env.SHERIN_VAULT ?? (root ? '/var/lib/sherin' : join(data, 'sherin'))),
    mount: resolve(flags.mount ?? env.SHERIN_MOUNT ?? (root ? '/mnt/sherin' : join(home, 'sherin'))),
    mountNamed: (flags.mount ?? env.SHERIN_MOUNT) !== undefined,
    runtime: resolve(
      flags.runtimeDir ?? env.SHERIN_RUNTIME_DIR ?? (root ? '/run/sherin' : join(runtime, 'sherin')),
    ),
    tpmState: resolve(env.SHERIN_TPM_STATE ?? (root ? '/var/lib/sherin-tpm' : join(state, 'sherin-tpm'))),
    daemonState: resolve(
      env.SHERIN_DAEMON_STATE ?? (root ? '/var/lib/sherin-daemon' : join(state, 'sherin-daemon')),
    ),
    knownVaults: resolve(
      env.SHERIN_KNOWN_VAULTS ??
        (root ? '/var/lib/sherin-known/known_vaults' : join(state, 'sherin', 'known_vaults')),
    ),
    tcti: env.SHERIN_TCTI ?? null,
  };
}

/** Socket of the sherind that watches over it. */
export function daemonSocket(where: Places): string {
  return join(where.runtime, 'sherind.sock');
}

/** Control socket of the sherin-fs that serves the vault. */
export function controlSocket(where: Places): string {
  return join(where.runtime, 'sherin-fs.sock');
}
