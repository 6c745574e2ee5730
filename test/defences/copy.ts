/** A copy of the project in which a defence can be taken away. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';
import type { Edit, Removal } from './removal.js';

const left = new Set(['node_modules', '.git'].map((name) => join(projectRoot, name)));

export class ProjectCopy {
  readonly root = mkdtempSync(join(tmpdir(), 'sherin-defences-'));

  constructor() {
    cpSync(projectRoot, this.root, {
      recursive: true,
      preserveTimestamps: true,
      verbatimSymlinks: true,
      filter: (path) => !left.has(path),
    });
    symlinkSync(join(projectRoot, 'node_modules'), join(this.root, 'node_modules'));
  }

  /** Takes the defence away, builds, runs, and puts it back. */
  without<T>({ file, text, instead, also = [] }: Removal, run: () => T): T {
    const edits: readonly Edit[] = [{ file, text, instead }, ...also];
    const files = new Map(edits.map(({ file }) => [file, readFileSync(join(this.root, file), 'utf8')]));
    try {
      for (const { file, text, instead } of edits) {
        const path = join(this.root, file);
        writeFileSync(
          path,
          readFileSync(path, 'utf8').replace(text, () => instead),
        );
      }
      this.#build([...files.keys()]);
      return run();
    } finally {
      for (const [file, whole] of files) writeFileSync(join(this.root, file), whole);
      this.#build([...files.keys()]);
    }
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Builds what these files are part of. Types are not looked at: what only the defence used is unused without it. */
  #build(files: readonly string[]): void {
    if (files.some((file) => file.endsWith('.ts'))) {
      this.#run('node_modules/.bin/tsc', '-p', 'tsconfig.json', '--noCheck');
      this.#run('node_modules/.bin/rolldown', '-c');
    }
    if (files.some((file) => !file.endsWith('.ts')))
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
