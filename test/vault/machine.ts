/** A vault of its own with everything real: sherin-fs, swtpm, a FUSE mount, files; driven through sherinctl. */
import { execFileSync, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';
import { ControlClient } from '../../daemon/client/control-client.js';
import type { ControlMethod, ControlParams, ControlResult, Status } from '../../daemon/protocol/control.js';
import { copyInit, keepInit } from './made-vault.js';
import { gone, until } from './wait.js';

export const sherinctl = join(projectRoot, 'dist/cli/main.js');

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function outcome(result: SpawnSyncReturns<string>): Outcome {
  return { code: result.status ?? -1, out: result.stdout, err: result.stderr };
}

export class Machine {
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** `up` starts sherind, too; most tests are about sherin-fs alone. */
  withDaemon = false;

  private constructor() {
    this.home = mkdtempSync(join(tmpdir(), 'sherin-test-'));
    mkdirSync(this.mount);
    this.env = {
      ...process.env,
      SHERIN_VAULT: this.vault,
      SHERIN_MOUNT: this.mount,
      SHERIN_RUNTIME_DIR: join(this.home, 'run'),
      SHERIN_TPM_STATE: join(this.home, 'tpm'),
      SHERIN_DAEMON_STATE: join(this.home, 'daemon'),
      SHERIN_KNOWN_VAULTS: join(this.home, 'known/known_vaults'),
    };
  }

  /** Places of its own, without a vault yet. */
  static empty(): Machine {
    return new Machine();
  }

  /** A mounted vault without PIN; its UUID and keys may be those of another machine's that tests have started. */
  static start(...initFlags: string[]): Machine {
    const machine = Machine.empty();
    machine.init(...initFlags);
    machine.ok('up');
    return machine;
  }

  /** One whose vault is no other machine's. */
  static startOther(): Machine {
    const machine = Machine.empty();
    machine.#make([]);
    machine.ok('up');
    return machine;
  }

  /** A vault without PIN: what `sherinctl init` left when a test first asked for one with these flags. */
  init(...flags: string[]): void {
    if (copyInit(flags, this.home)) return;
    this.#make(flags);
    keepInit(flags, this.home);
  }

  #make(flags: readonly string[]): void {
    this.ok('init', '--yes', '--no-pin', '--recovery-out', this.recoveryFile, ...flags);
  }

  get vault(): string {
    return join(this.home, 'vault');
  }
  get mount(): string {
    return join(this.home, 'mnt');
  }
  get recoveryFile(): string {
    return join(this.home, 'recovery');
  }
  get log(): string {
    return readFileSync(join(this.home, 'run/sherin-fs.log'), 'utf8');
  }

  /** Runs sherinctl. */
  run(...args: string[]): Outcome {
    const options = {
      env: this.env,
      encoding: 'utf8',
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
    } as const;
    const alone = args[0] === 'up' && !this.withDaemon ? ['--no-daemon'] : [];
    return outcome(spawnSync(process.execPath, [sherinctl, ...args, ...alone], options));
  }

  /** Runs sherinctl and expects it to succeed. */
  ok(...args: string[]): string {
    const { code, out, err } = this.run(...args);
    if (code !== 0) throw new Error(`sherinctl ${args.join(' ')} ended with ${code}: ${err}${out}`);
    return out;
  }

  /** Calls a method of the control socket, without the cost of a sherinctl process. */
  async call<M extends ControlMethod>(method: M, params: ControlParams<M>): Promise<ControlResult<M>> {
    const client = ControlClient.connect(join(this.home, 'run/sherin-fs.sock'));
    try {
      return await client.call(method, params);
    } finally {
      client.close();
    }
  }

  /** Starts sherinctl beside the test. */
  begin(...args: string[]): { readonly pid: number; readonly outcome: Promise<Outcome> } {
    const child = spawn(process.execPath, [sherinctl, ...args], {
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { out: '', err: '' };
    child.stdout.on('data', (data: Buffer) => {
      said.out += data.toString();
    });
    child.stderr.on('data', (data: Buffer) => {
      said.err += data.toString();
    });
    const outcome = new Promise<Outcome>((done) => {
      child.once('close', (code) => done({ code: code ?? -1, ...said }));
    });
    return { pid: child.pid ?? -1, outcome };
  }

  /** Runs a shell line in the home directory; `$M` is the mount. */
  shell(line: string): Outcome {
    const env = { ...this.env, M: this.mount, V: this.vault, CTL: `${process.execPath} ${sherinctl}` };
    const options = {
      env,
      cwd: this.home,
      encoding: 'utf8',
      timeout: 300_000,
      maxBuffer: 64 * 1024 * 1024,
    } as const;
    return outcome(spawnSync('bash', ['-c', line], options));
  }

  status(): Status {
    return JSON.parse(this.ok('status', '--json')) as Status;
  }

  /** Process ID of sherin-fs: as the system lists it, or where its command line does not name the vault, as it says itself. */
  get fsPid(): number {
    const pattern = `fs/main\\.js serve --vault ${this.vault}( |$)`;
    const found = spawnSync('pgrep', ['-f', pattern], { encoding: 'utf8' }).stdout;
    const [pid, ...more] = found.split('\n').filter(Boolean).map(Number);
    if (more.length > 0) throw new Error(`more than one sherin-fs of ${this.vault}: ${found}`);
    return pid ?? this.status().fs.pid;
  }

  /** Process IDs of this vault's swtpm. */
  swtpmPids(): number[] {
    const found = spawnSync('pgrep', ['-f', `swtpm.*${this.home}`], { encoding: 'utf8' });
    return found.stdout.split('\n').filter(Boolean).map(Number);
  }

  /** Kills sherin-fs as a power cut would; resolves when it is gone. */
  async killFs(): Promise<void> {
    const pid = this.fsPid;
    process.kill(pid, 'SIGKILL');
    await gone(pid);
  }

  /** Names of unfinished cubes. */
  unfinished(): string[] {
    return readdirSync(join(this.vault, 'cubes/tmp'));
  }

  /** Waits until an ended import has dropped its unfinished cubes. */
  async settled(): Promise<void> {
    await until('unfinished cubes stay', () => this.unfinished().length === 0);
  }

  /** Paths of all stored cubes. */
  cubes(): string[] {
    const folder = join(this.vault, 'cubes');
    return readdirSync(folder)
      .filter((name) => name.length === 2)
      .flatMap((name) => readdirSync(join(folder, name)).map((cube) => join(folder, name, cube)));
  }

  /** Paths of the first cubes of a file at `target` in the mount, in order; whatever else was stored meanwhile is none of them. */
  async cubesOf(target: string): Promise<string[]> {
    const inode = statSync(join(this.mount, target)).ino;
    const caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [], pid: null };
    const { cube_ids } = await this.call('file.resolve', { inode, caller });
    return cube_ids.map((id) => join(this.vault, 'cubes', id.slice(0, 2), `${id}.cube`));
  }

  /** Path of the only cube of such a file. */
  async cubeOf(target: string): Promise<string> {
    const [path, ...more] = await this.cubesOf(target);
    if (path === undefined || more.length > 0) throw new Error(`${target} is not in one cube`);
    return path;
  }

  /** Stops and removes everything. */
  end(): void {
    this.run('down');
    for (const pid of this.swtpmPids()) process.kill(pid, 'SIGKILL');
    spawnSync('fusermount', ['-uzq', this.mount]);
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** Lists a tree with everything that an import keeps: kind, mode, owner, links, size, time (ms), target. */
export function listTree(path: string): string {
  const format = '%P\\t%y\\t%m\\t%U\\t%G\\t%n\\t%s\\t%T@\\t%l\\n';
  const out = execFileSync('find', [path, '-printf', format], {
    encoding: 'latin1',
    maxBuffer: 256 * 1024 * 1024,
  });
  return out
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name, kind, mode, uid, gid, links, size, time, target] = line.split('\t');
      const directory = kind === 'd';
      // Sizes of directories are the file system's own affair; times end at the millisecond on this driver.
      const shownTime = time?.replace(/(\.\d{3})\d*$/, '$1');
      return [name, kind, mode, uid, gid, links, directory ? '' : size, shownTime, target].join('\t');
    })
    .sort()
    .join('\n');
}
