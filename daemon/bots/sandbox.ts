import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readlinkSync, writeSync } from 'node:fs';
import type { Duplex, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { SherinError } from '../../common/errors.js';
import { requireProgram } from '../../common/find-program.js';
import { memfd } from '../../native/ipc.js';
import { processStart } from '../client/process-start.js';
import type { BotCgroup } from './bot-cgroup.js';
import type { BotProgram } from './bot-program.js';
import { type LimitsInForce, resourceLimits } from './limits.js';
import { type BotPlaces, etcFiles, inside, viewArguments } from './sandbox-view.js';
import { seccompFilter } from './seccomp.js';
import { Stage } from './stage.js';

/** Milliseconds from the end of the first process inside to that of bubblewrap, and between two looks. */
const graceMs = 250;
const lookMs = 10;

export interface SandboxOptions {
  readonly program: BotProgram;
  readonly places: BotPlaces;
  /** A folder of the instance's own, that everybody may pass. */
  readonly folder: string;
  /** Its user and group outside; null for the one who runs sherind, who must not be root. */
  readonly uid: number | null;
  readonly cgroup: BotCgroup | null;
  /** The bot's end of its sockets, which becomes its descriptor 3. */
  readonly socketFd: number;
}

/** What bubblewrap tells of the first process inside (--info-fd). */
const infoSchema = z.object({ 'child-pid': z.int().positive(), 'pid-namespace': z.int().positive() });

interface First {
  readonly pid: number;
  /** With it the pid names one process even after it is used again. */
  readonly started: string;
  /** The inode of the pid namespace. */
  readonly namespace: number;
}

/** One run of a bot's program in its sandbox, and the only one who knows its processes. */
export class Sandbox {
  /** Resolves once no process is left inside. */
  readonly ended: Promise<void>;
  readonly #bubblewrap: ChildProcess;
  readonly #cgroup: BotCgroup | null;
  /** Null when it ended before there was one. */
  readonly #first: Promise<First | null>;
  #known: First | null = null;
  #killed = false;

  /** @throws SherinError TOOL_MISSING, SANDBOX_FAILED */
  static start(options: SandboxOptions): Sandbox {
    const { exec } = options.program.manifest;
    const [program, ...args] = exec;
    const words = [`${inside.program}/${program.slice(2)}`, ...args];
    return new Sandbox(launch(options, words, 'ignore'), options.cgroup);
  }

  private constructor(bubblewrap: ChildProcess, cgroup: BotCgroup | null) {
    this.#bubblewrap = bubblewrap;
    this.#cgroup = cgroup;
    const exited = endOf(bubblewrap).then(() => undefined);
    this.#first = readInfo(bubblewrap).then((first) => {
      this.#known = first;
      if (this.#killed) this.#killFirst();
      else letGo(bubblewrap);
      return first;
    });
    this.ended = this.#awaitEnd(exited);
  }

  /** The pid of the first process inside, as seen from here; null while it is not known or when it has ended. */
  get pid(): number | null {
    return this.#known !== null && isThere(this.#known) ? this.#known.pid : null;
  }

  /** Whether a process, by its pid here, is one of this sandbox now. */
  holds(pid: number): boolean {
    const first = this.#known;
    if (first === null || pid <= 0) return false;
    try {
      return readlinkSync(`/proc/${pid}/ns/pid`) === `pid:[${first.namespace}]`;
    } catch {
      return false;
    }
  }

  /** SIGKILL to all processes inside: the kernel ends a pid namespace with its first process (pid_namespaces(7)). */
  kill(): void {
    this.#killed = true;
    this.#cgroup?.kill();
    this.#killFirst();
  }

  #killFirst(): void {
    const first = this.#known;
    if (first !== null && isThere(first)) process.kill(first.pid, 'SIGKILL');
    // Where there is no first process yet, its parent takes it along (--die-with-parent); else that ends by itself.
    setTimeout(() => this.#bubblewrap.kill('SIGKILL'), first === null ? 0 : graceMs).unref();
  }

  async #awaitEnd(exited: Promise<void>): Promise<void> {
    await exited;
    const first = await this.#first;
    while (first !== null && isThere(first)) {
      process.kill(first.pid, 'SIGKILL');
      await sleep(lookMs);
    }
  }
}

/** Resolves with the exit code once bubblewrap has ended, and ends what it has left in its group. */
function endOf(bubblewrap: ChildProcess): Promise<number | null> {
  const lifeline = bubblewrap.stdio.at(lifelineFd) as Duplex | undefined;
  lifeline?.on('error', () => undefined);
  return new Promise((resolve) => {
    bubblewrap.once('exit', resolve).once('error', () => resolve(null));
  }).then((code) => {
    lifeline?.destroy();
    return typeof code === 'number' ? code : null;
  });
}

/** The program waits for this, see {@link gate}: nothing of it runs, and sends, before its processes can be told from others. */
function letGo(bubblewrap: ChildProcess): void {
  const way = bubblewrap.stdio.at(6) as Duplex;
  // It may have ended already.
  way.on('error', () => undefined).once('data', () => way.end('go\n'));
}

function isThere({ pid, started }: First): boolean {
  return processStart(pid) === started;
}

async function readInfo(bubblewrap: ChildProcess): Promise<First | null> {
  try {
    const info = infoSchema.parse(JSON.parse(await text(bubblewrap.stdio.at(5) as Readable)));
    const started = processStart(info['child-pid']);
    return started === null ? null : { pid: info['child-pid'], started, namespace: info['pid-namespace'] };
  } catch {
    return null;
  }
}

/**
 * Makes the sandbox once around /bin/true, as nothing a bot has written runs then and what bubblewrap says can be believed.
 * @throws SherinError SANDBOX_FAILED with its words, TOOL_MISSING
 */
export async function trySandbox(options: SandboxOptions): Promise<void> {
  const child = launch(options, ['/bin/true'], 'pipe');
  letGo(child);
  const exited = endOf(child);
  const words = await text(child.stdio[2] as Readable).catch(() => '');
  if ((await exited) === 0) return;
  throw new SherinError('SANDBOX_FAILED', { part: words.trim().slice(0, 256) || 'bubblewrap ended' });
}

/** Which limits hold a bot that is started like this. */
export function limitsInForce({ uid, cgroup }: Pick<SandboxOptions, 'uid' | 'cgroup'>): LimitsInForce {
  return {
    memory: cgroup?.inForce.has('memory') ? 'cgroup' : 'watched',
    processes: cgroup?.inForce.has('pids') ? 'cgroup' : 'rlimit',
    processor: cgroup?.inForce.has('cpu') ? 'cgroup' : 'rlimit',
    user: uid === null ? 'shared' : 'own',
  };
}

/**
 * Inside, before the program: asks to go, and ends where nobody answers. By then all of bubblewrap dies with sherind; before, what lost its
 * parent would go on for ever, and take the end of a --block-fd for a yes.
 */
const gate = 'echo ready >&6 && read -r go <&6 && exec "$@" 6<&-';

/** Descriptor of the lifeline, whose other end sherind alone has. */
const lifelineFd = 7;

/**
 * Kills all of the process group once the lifeline ends: with sherind, however that ends, or with the sandbox. bubblewrap by itself leaves
 * something behind: what it has begun to put inside waits for a word of its first process, for ever where that dies before, and asks the kernel to die
 * with it only later. It has none of the other descriptors, whose ends mean something, and is in no cgroup of a bot.
 */
const watch = '(read -r end <&7; kill -KILL 0) 2>&- 3<&- 4<&- 5>&- 6<&- 8<&- 9<&- &';

/** Joins the cgroup and offers itself to the kernel when memory runs out (proc(5), oom_score_adj); then goes on as what follows. */
const entry = `${watch} echo 1000 > /proc/self/oom_score_adj; if [ -n "$1" ]; then echo 0 > "$1" || exit 1; fi; shift; exec "$@" 7<&-`;

function launch(options: SandboxOptions, words: readonly string[], stderr: 'ignore' | 'pipe'): ChildProcess {
  const { uid, cgroup, socketFd } = options;
  const { limits, nests } = options.program.manifest;
  const bwrap = requireProgram('bwrap', 'bubblewrap');
  const prlimit = requireProgram('prlimit', 'util-linux');
  const stage = uid === null ? null : new Stage(options.folder, options.places);
  const { places } = stage ?? options;
  const filter = memoryFile(seccompFilter(nests));
  const etc = Object.values(etcFiles).map((content) => memoryFile(Buffer.from(content)));
  const etcFds = etc.map((_, at) => lifelineFd + 1 + at);
  try {
    return spawn(
      '/bin/sh',
      [
        ...['-c', entry, 'sh', cgroup?.procs ?? ''],
        ...(stage?.words ?? []),
        ...asUser(uid),
        ...[bwrap, ...viewArguments(limits, places, etcFds), '--seccomp', '4', '--info-fd', '5', '--'],
        ...['/bin/sh', '-c', gate, 'sh', prlimit, ...resourceLimits(limits), '--', ...words],
      ],
      {
        cwd: '/',
        // A process group of its own, see {@link watch}: no signal of a terminal reaches it.
        detached: true,
        // What bubblewrap itself was given, a bot can read at /proc/1/environ.
        env: { PATH: '/usr/bin:/bin' },
        // What a bot prints is content: nobody here takes it.
        stdio: ['ignore', 'ignore', stderr, socketFd, filter, 'pipe', 'pipe', 'pipe', ...etc],
      },
    );
  } finally {
    for (const fd of [filter, ...etc]) closeSync(fd);
  }
}

/** Words that give up what the starter is, and die with it from here on. */
function asUser(uid: number | null): string[] {
  if (uid === null && process.getuid?.() === 0)
    throw new SherinError('SANDBOX_FAILED', { part: 'root must give a bot a user of its own' });
  const setpriv = [requireProgram('setpriv', 'util-linux'), '--pdeathsig', 'KILL'];
  if (uid === null) return [...setpriv, '--'];
  const who = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups'];
  return [...setpriv, ...who, '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--'];
}

/** A descriptor whose reader begins at the content's start. */
function memoryFile(content: Buffer): number {
  const fd = memfd('sherin-sandbox', content.length);
  writeSync(fd, content, 0, content.length, 0);
  return fd;
}
