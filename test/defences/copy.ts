/** A copy of the project in which a defence can be taken away. */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';
import type { Edit, Removal } from './removal.js';

const left = new Set(['node_modules', '.git'].map((name) => join(projectRoot, name)));
/** What is built of the sources. */
const products = ['dist', 'build'];

export class ProjectCopy {
  readonly root = mkdtempSync(join(tmpdir(), 'sherin-defences-'));
  readonly #built = mkdtempSync(join(tmpdir(), 'sherin-defences-built-'));
  #addonIsHere = false;

  constructor() {
    copy(projectRoot, this.root, (path) => !left.has(path));
    symlinkSync(join(projectRoot, 'node_modules'), join(this.root, 'node_modules'));
    for (const name of products) copy(join(projectRoot, name), join(this.#built, name));
  }

  /** Takes the defence away, builds, runs, and puts all back as it was. */
  without<T>({ file, text, instead, also = [] }: Removal, run: () => T): T {
    const edits: readonly Edit[] = [{ file, text, instead }, ...also];
    const paths = [...new Set(edits.map(({ file }) => join(this.root, file)))];
    if (!edits.every(isModule)) this.#compileAddonHere();
    const before = paths.map((path) => ({ path, whole: readFileSync(path), times: statSync(path) }));
    try {
      for (const { file, text, instead } of edits) {
        const path = join(this.root, file);
        writeFileSync(
          path,
          readFileSync(path, 'utf8').replace(text, () => instead),
        );
      }
      this.#build(edits);
      return run();
    } finally {
      for (const { path, whole, times } of before) {
        writeFileSync(path, whole);
        // To the compiler's eyes it was never changed.
        utimesSync(path, times.atime, times.mtime);
      }
      for (const name of products) {
        rmSync(join(this.root, name), { recursive: true });
        copy(join(this.#built, name), join(this.root, name));
      }
    }
  }

  remove(): void {
    for (const path of [this.root, this.#built]) rmSync(path, { recursive: true, force: true });
  }

  /** Builds what these files are part of. Types are not looked at: what only the defence used is unused without it. */
  #build(edits: readonly Edit[]): void {
    if (edits.some(isModule)) {
      this.#run('node_modules/.bin/tsc', '-p', 'tsconfig.json', '--noCheck');
      this.#run('node_modules/.bin/rolldown', '-c');
    }
    if (!edits.every(isModule)) this.#buildAddon();
  }

  /** Once: commands of the compiler name its place, and what was compiled in another one would be compiled anew with each removal. */
  #compileAddonHere(): void {
    if (this.#addonIsHere) return;
    const stamp = join(this.root, 'build/.stamp');
    const [toolchain = ''] = readFileSync(stamp, 'utf8').split('\n');
    writeFileSync(stamp, `${toolchain}\n`);
    this.#buildAddon();
    rmSync(join(this.#built, 'build'), { recursive: true });
    copy(join(this.root, 'build'), join(this.#built, 'build'));
    this.#addonIsHere = true;
  }

  #buildAddon(): void {
    this.#run(
      process.execPath,
      '-e',
      "import('./setup/steps/addon.mjs').then((addon) => addon.buildAddon())",
    );
  }

  #run(program: string, ...args: readonly string[]): void {
    execFileSync(program, args, { cwd: this.root, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}

function isModule({ file }: Edit): boolean {
  return file.endsWith('.ts');
}

/** With times, which say what is to be built. */
function copy(from: string, to: string, filter = (_: string): boolean => true): void {
  cpSync(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true, filter });
}
