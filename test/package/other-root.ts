/** The Debian package, and roots of their own in which it is installed. As root. */
import {
  type ChildProcess,
  execFileSync,
  type SpawnSyncOptionsWithStringEncoding,
  spawn,
  spawnSync,
} from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { until } from '../vault/wait.js';

const root = resolve(import.meta.dirname, '../..');
const script = join(import.meta.dirname, 'other-root.sh');
/** With an input that is a socket, as a pipe of Node's is, bash would read what root has in .bashrc. */
const options: SpawnSyncOptionsWithStringEncoding = {
  ...{ encoding: 'utf8', timeout: 200_000 },
  stdio: ['ignore', 'pipe', 'pipe'],
};

export interface Said {
  readonly said: string;
  readonly problems: string;
}

/** A folder with the package as it is built now. */
export class BuiltPackage {
  readonly #home = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  #made = 0;

  constructor() {
    execFileSync(process.execPath, [join(root, 'setup/package/main.mjs'), this.#home]);
  }

  /** For another root: its layer, `upper`, and the package. */
  base(): string {
    const base = join(this.#home, `${this.#made++}`);
    mkdirSync(base);
    for (const name of readdirSync(this.#home).filter((one) => one.endsWith('.deb')))
      execFileSync('ln', [join(this.#home, name), base]);
    return base;
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Words of a command that runs a script in another root, until its end. */
function command(base: string, inside: string): [string, string[]] {
  const spaces = ['--mount', '--pid', '--cgroup', '--ipc', '--uts', '--fork', '--kill-child'];
  return ['unshare', [...spaces, 'bash', script, root, base, inside]];
}

/** Another root, in which one script after another runs. */
export class OtherRoot {
  readonly #first: ChildProcess;
  readonly #pid: string;

  private constructor(first: ChildProcess, pid: string) {
    this.#first = first;
    this.#pid = pid;
  }

  static async start(built: BuiltPackage): Promise<OtherRoot> {
    // It takes in processes that lose their parent.
    const stay = "trap 'exit 0' TERM; echo ready; sleep infinity & wait";
    const first = spawn(...command(built.base(), stay), { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(first.stdout, 'data');
    const pid = readFileSync(`/proc/${first.pid}/task/${first.pid}/children`, 'utf8').trim();
    return new OtherRoot(first, pid);
  }

  /** Runs a script up to its first command that fails. */
  run(inside: string): Said {
    const spaces = ['--mount', '--pid', '--cgroup', '--ipc', '--uts', '--root', '--wd'];
    const variables = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8'];
    const words = ['--target', this.#pid, ...spaces, 'env', '-i', ...variables, 'bash', '-ec', inside];
    const { stdout, stderr } = spawnSync('nsenter', words, options);
    return { said: stdout, problems: stderr };
  }

  /** Ends all that runs there. */
  async end(): Promise<void> {
    const ended = once(this.#first, 'exit');
    process.kill(Number(this.#pid));
    await ended;
  }
}

/** In another root with the package, after what makes a vault, a systemd of its own runs a script. @returns what it said, and all problems */
export async function underSystemd(built: BuiltPackage, init: string, inside: string): Promise<Said> {
  const unit = [
    ...['[Service]', 'Type=oneshot', 'ExecStart=/bin/bash /root/script'],
    ...['StandardOutput=file:/root/said', 'StandardError=file:/root/problems'],
    'ExecStopPost=/bin/systemctl --no-block exit',
  ];
  const group = join(unifiedGroups(), `sherin-test-${process.pid}`);
  const base = built.base();
  const begin = `cd /root; dpkg -i /tmp/sherin_*.deb >/dev/null
    ${init}
    echo ${quote(inside)} > script; echo ${quote(unit.join('\n'))} > /etc/systemd/system/try.service
    mkdir -p /run/systemd; exec setsid /lib/systemd/systemd --system --unit=try.service --show-status=no`;
  const [program, words] = command(base, begin);
  mkdirSync(group);
  try {
    const inGroup = ['-c', 'echo $$ > "$0/cgroup.procs"; exec "$@"', group, program, ...words];
    const { stderr } = spawnSync('bash', inGroup, options);
    const read = (name: string): string => readFileSync(join(base, 'upper/root', name), 'utf8');
    return { said: read('said'), problems: `${stderr}${read('problems')}` };
  } finally {
    await until('processes are left', () => removed(group));
  }
}

/** Where control groups of version 2 are mounted, without which there is no systemd. */
function unifiedGroups(): string {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  const point = /^\S+ \S+ \S+ \/ (\S+) .* - cgroup2 /m.exec(mounts)?.[1];
  if (point !== undefined) return point;
  throw new Error(
    'no cgroup2 is mounted; do: mkdir -p /sys/fs/cgroup/unified && mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified',
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Groups below first; false while a process is in one. */
function removed(folder: string): boolean {
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (!below.every(({ name }) => removed(join(folder, name)))) return false;
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
