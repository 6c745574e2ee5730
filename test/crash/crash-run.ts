/** One run of the workload with a fault, and what is found after it. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fsck } from '../../fs/check/fsck.js';
import { Model } from './model.js';
import { createVault, type Opened, openVault } from './opened.js';
import type { Operation } from './operations.js';
import { pictureOf, placeOf, type Window } from './picture.js';

const root = resolve(fileURLToPath(new URL('../..', import.meta.url))).replace(/\/dist$/, '');
const child = join(root, 'dist/test/crash/workload.child.js');

/** As fault.c has it. */
export type Fault = 'count' | `${'kill' | 'torn' | 'EIO' | 'ENOSPC'}:${number}${'' | `:${string} ${string}`}`;

export interface Call {
  readonly number: number;
  readonly name: string;
  /** Below the directory of the vault's places. */
  readonly path: string;
}

export interface Run {
  readonly calls: readonly Call[];
  /** Last operation that had begun, that had ended; −1: none. */
  readonly begun: number;
  readonly ended: number;
  /** What failed, and how. */
  readonly failures: readonly string[];
  /** It came to the end of the workload, or of opening the vault. */
  readonly whole: boolean;
}

export class CrashBench {
  readonly model: Model;
  readonly #home: string;
  readonly #operations: string;

  private constructor(home: string, operations: readonly Operation[]) {
    this.#home = home;
    this.#operations = join(home, 'operations.json');
    this.model = new Model(operations);
    writeFileSync(this.#operations, JSON.stringify(operations));
  }

  static async create(operations: readonly Operation[]): Promise<CrashBench> {
    const home = mkdtempSync(join(tmpdir(), 'sherin-crash-'));
    const bench = new CrashBench(home, operations);
    await createVault(bench.places);
    bench.save('new');
    // Another directory: the one that was made here stays locked until the memory of its reader is collected.
    bench.restore('new');
    execFileSync('cc', [
      '-O1',
      '-shared',
      '-fPIC',
      '-o',
      bench.#shim,
      join(root, 'test/crash/fault.c'),
      '-ldl',
    ]);
    return bench;
  }

  get places(): string {
    return join(this.#home, 'places');
  }

  get #shim(): string {
    return join(this.#home, 'fault.so');
  }

  #saved(name: string): string {
    return join(this.#home, `saved-${name}`);
  }

  save(name: string): void {
    rmSync(this.#saved(name), { recursive: true, force: true });
    execFileSync('cp', ['-a', this.places, this.#saved(name)]);
  }

  /** Puts everything back as it was when it was saved; "new" is the empty vault. */
  restore(name: string): void {
    rmSync(this.places, { recursive: true, force: true });
    execFileSync('cp', ['-a', this.#saved(name), this.places]);
  }

  /** @param what all operations, or only what opening does */
  async run(fault: Fault, what: 'operations' | 'recover', onFailure: 'go on' | 'die'): Promise<Run> {
    const log = join(this.#home, 'calls');
    rmSync(log, { force: true });
    writeFileSync(log, '');
    const env = {
      ...process.env,
      LD_PRELOAD: this.#shim,
      SHERIN_FAULT: fault,
      SHERIN_FAULT_ROOT: `${this.places}/`,
      SHERIN_FAULT_LOG: log,
    };
    const args = [child, this.places, what === 'recover' ? 'recover' : this.#operations, onFailure];
    const started = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    started.stdout.on('data', (data: Buffer) => {
      out += data.toString();
    });
    started.stderr.on('data', (data: Buffer) => {
      err += data.toString();
    });
    const signal = await new Promise((done) => started.once('close', (_, by) => done(by)));
    if (signal !== 'SIGKILL') throw new Error(`the workload ended by itself after ${fault}: ${out}${err}`);
    return { ...runOf(out), calls: callsOf(readFileSync(log, 'utf8')) };
  }

  /** States that may be found after a run. */
  windowOf({ begun, ended, failures, whole }: Run): Window {
    const { floors, after, states } = this.model;
    const from = Math.max(0, ...[...floors].filter(([at]) => at <= ended).map(([, floor]) => floor));
    const to = begun < 0 ? 0 : (after[begun] ?? 1) - 1;
    const early = failures.length > 0;
    return whole && begun >= 0 ? { from, to: states.length - 1, early } : { from, to, early };
  }

  /** Opens the vault, which recovers it, and checks all of it. @returns the state that it shows; text: what is wrong */
  async check(window: Window): Promise<number | string> {
    let opened: Opened;
    try {
      opened = await openVault(this.places);
    } catch (error) {
      return `it does not open: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    }
    let place: number | string;
    try {
      place = placeOf(this.model, await pictureOf(opened), window);
      const wrong = await wrongIn(opened);
      if (wrong !== null) place = `${place}; ${wrong}`;
    } catch (error) {
      place = `it can not be read: ${error instanceof Error ? error.stack : String(error)}`;
    } finally {
      await opened.service.stop(null);
    }
    const left = ['journal', 'cubes/tmp'].flatMap((folder) =>
      readdirSync(join(this.places, 'vault', folder)),
    );
    return left.length === 0 ? place : `${place}; ${left.join(', ')} is left`;
  }

  remove(): void {
    rmSync(this.#home, { recursive: true, force: true });
  }
}

/** Whether the log verifies, no cube lacks, and none that nothing needs stays. */
async function wrongIn({ service, session }: Opened): Promise<string | null> {
  const { vaultFd, uuid, publicKey, cubeLock: lock } = service;
  const check = (removeOrphans: boolean) =>
    fsck(
      { session, vaultFd, uuid, publicKey, lock },
      {
        ...{ rebuild: false, repair: false, removeOrphans, backup: null },
        ...{ progress: () => undefined, cancelled: () => false, removing: async () => undefined },
      },
    );
  const first = await check(true);
  if (!first.clean || first.tables.length > 0) return `fsck: ${JSON.stringify(first)}`;
  const second = await check(false);
  if (second.leftovers.length > 0) return `leftovers: ${JSON.stringify(second.leftovers)}`;
  await session.checks.manifest();
  await session.checks.audit();
  return null;
}

function runOf(out: string): Omit<Run, 'calls'> {
  const lines = out.split('\n').filter(Boolean);
  const last = (word: string): number =>
    Number(lines.findLast((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? -1);
  const failures = lines.filter((line) => line.startsWith('failed ')).map((line) => line.slice(7));
  return { begun: last('begin'), ended: last('end'), failures, whole: out.endsWith('whole\n') };
}

function callsOf(text: string): Call[] {
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [number = '', name = '', path = ''] = line.split(' ');
      return { number: Number(number), name, path };
    });
}
