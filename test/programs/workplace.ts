/** Where a program runs: a new directory in the one that is tested, and one on the machine's disk beside it. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Debian packages of the programs, where they have another name. */
const packages: Readonly<Record<string, string>> = { ar: 'binutils', getfattr: 'attr' };

/** @throws Error that says how to get what is missing */
export function need(...programs: readonly string[]): void {
  const missing = programs.filter((name) => spawnSync('sh', ['-c', 'command -v "$0"', name]).status !== 0);
  if (missing.length === 0) return;
  const names = missing.map((name) => packages[name] ?? name).join(' ');
  throw new Error(`${missing.join(', ')} not found: install with apt-get install ${names}`);
}

export class Workplace {
  /** In the directory that is tested. */
  readonly path: string;
  /** On the machine's disk: what is brought in, and what the outcome is compared with. */
  readonly beside: string;

  readonly #factor: number;
  readonly #settle: number;

  /**
   * @param factor multiplies sizes and counts, as SHERIN_PROGRAMS does
   * @param settle seconds after which what was done by one name of a file shows by the others
   */
  constructor(directory: string, factor: number, settle: number) {
    this.#settle = settle;
    this.#factor = factor * Number(process.env.SHERIN_PROGRAMS ?? 1);
    this.path = mkdtempSync(join(directory, 'sherin-programs-'));
    this.beside = mkdtempSync(join(tmpdir(), 'sherin-programs-beside-'));
  }

  /**
   * Runs lines of bash in the directory and gives what they print; each command must succeed. There are `$BESIDE`,
   * `$SCRIPTS`, `$PROJECT` and `$SETTLE`, and no settings of the user who runs it. @throws Error with all that was said
   */
  async run(lines: string): Promise<string> {
    const env = {
      ...process.env,
      BESIDE: this.beside,
      SCRIPTS: fileURLToPath(new URL('scripts', import.meta.url)),
      PROJECT: fileURLToPath(new URL('project', import.meta.url)),
      SETTLE: String(this.#settle),
      HOME: this.beside,
      LC_ALL: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
    };
    return new Promise((resolve, reject) => {
      const args = ['-euo', 'pipefail', '-c', lines];
      const options = { cwd: this.path, env, maxBuffer: 64 * 1024 * 1024 };
      execFile('bash', args, options, (error, out, said) => {
        if (error === null) resolve(out);
        else reject(new Error(`ended with ${error.code ?? error.signal}:\n${lines}\n${out}${said}`));
      });
    });
  }

  scaled(count: number): number {
    return Math.ceil(count * this.#factor);
  }

  remove(): void {
    for (const path of [this.path, this.beside]) rmSync(path, { recursive: true, force: true });
  }
}

/** The workplace of the test that runs. */
export type Place = () => Workplace;
