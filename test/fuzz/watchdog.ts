/** Ends the process where one input takes too long: what loops for ever can not be interrupted otherwise. */
import { writeFileSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { longestInput } from './mutate.js';

/** Seconds for one input. */
const patience = 30;

interface Shared {
  /** Number of the input; its length, 0 while none is tried. */
  readonly counts: SharedArrayBuffer;
  readonly input: SharedArrayBuffer;
  /** Where it is kept. */
  readonly path: string;
}

export class Watchdog {
  readonly #counts = new Int32Array(new SharedArrayBuffer(8));
  readonly #input = new Uint8Array(new SharedArrayBuffer(longestInput));
  readonly #worker: Worker;

  /** @param path of a file that gets the input which does not end */
  constructor(path: string) {
    const shared: Shared = { counts: this.#counts.buffer, input: this.#input.buffer, path };
    this.#worker = new Worker(new URL(import.meta.url), { workerData: shared });
    this.#worker.unref();
  }

  begin(input: Buffer): void {
    this.#input.set(input.subarray(0, longestInput));
    Atomics.add(this.#counts, 0, 1);
    Atomics.store(this.#counts, 1, input.length + 1);
  }

  /** Nothing is tried. */
  rest(): void {
    Atomics.store(this.#counts, 1, 0);
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

function watch({ counts, input, path }: Shared): void {
  const view = new Int32Array(counts);
  let [last, since] = [-1, 0];
  setInterval(() => {
    const [number, length] = [Atomics.load(view, 0), Atomics.load(view, 1)];
    since = number === last && length > 0 ? since + 1 : 0;
    last = number;
    if (since < patience) return;
    writeFileSync(path, Buffer.from(input, 0, length - 1));
    process.stderr.write(`an input takes longer than ${patience} s: ${path}\n`);
    process.kill(process.pid, 'SIGKILL');
  }, 1000);
}

if (!isMainThread) watch(workerData as Shared);
