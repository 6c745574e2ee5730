/** Where one request is worked on: its files in folders of the bot's /tmp, and the time that is left for it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CellRun, runInCell } from './cell.js';
import type { Request } from './request.js';

/** Seconds for all of a request: fewer than sherind gives (bot.json), so that there is an answer. */
const secondsInAll = 50;

export interface Step {
  readonly words: readonly string[];
  readonly seconds: number;
  /** It may write to /build. Nothing of the request runs in it: what is there must be removable. */
  readonly builds?: boolean;
}

export class Workshop {
  readonly request: Request;
  readonly #folder: string;
  readonly #end = performance.now() + secondsInAll * 1000;

  constructor(request: Request) {
    this.request = request;
    this.#folder = mkdtempSync('/tmp/task-');
    for (const name of ['task', 'build']) mkdirSync(join(this.#folder, name));
    for (const { name, text } of [...request.program, ...request.tests])
      writeFileSync(join(this.#folder, 'task', name), text);
  }

  /** Runs a step in a cell of its own. */
  async run({ words, seconds, builds = false }: Step): Promise<CellRun> {
    const left = (this.#end - performance.now()) / 1000;
    if (left <= 0) return { end: { kind: 'late' }, said: '', reports: [], errors: '' };
    const shown = [
      { from: join(import.meta.dirname, 'runners'), to: '/runners' },
      { from: join(this.#folder, 'task'), to: '/task' },
      { from: join(this.#folder, 'build'), to: '/build', writable: builds },
    ];
    return runInCell({ words, shown, seconds: Math.min(seconds, left) });
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
