/** One request of the kernel: answered exactly once, by its handler or by its deadline. */

import type { MountLogger } from '../driver.js';
import { errnoNumber, errnoOf } from '../posix-error.js';
import type { Signal } from './binding.js';
import type { Deadlines } from './deadlines.js';

export class Request {
  readonly #operation: string;
  readonly #signal: Signal;
  /** What follows the error number in a failure answer of this operation. */
  readonly #tail: readonly unknown[];
  readonly #deadlines: Deadlines;
  readonly #logger: MountLogger;
  #waiting = true;

  constructor(
    operation: string,
    signal: Signal,
    tail: readonly unknown[],
    deadlines: Deadlines,
    logger: MountLogger,
  ) {
    this.#operation = operation;
    this.#signal = signal;
    this.#tail = tail;
    this.#deadlines = deadlines;
    this.#logger = logger;
  }

  /** False once answered: then the buffers of the request are the kernel's again and must not be touched. */
  get waiting(): boolean {
    return this.#waiting;
  }

  answer(result: number, ...rest: readonly unknown[]): void {
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#deadlines.remove(this);
    this.#signal(result, ...rest);
  }

  /** Errors that are no answers are bugs: EIO for this call, the stack in the log. */
  fail(error: unknown): void {
    const errno = errnoOf(error);
    if (errno === undefined) {
      const stack = error instanceof Error ? error.stack : String(error);
      this.#logger.error({ operation: this.#operation, stack }, 'a handler of the mount failed');
    }
    this.answer(-errnoNumber(errno ?? 'EIO'), ...this.#tail);
  }

  expire(): void {
    this.#logger.warn({ operation: this.#operation }, 'a request of the mount took too long');
    this.answer(-errnoNumber('ETIMEDOUT'), ...this.#tail);
  }
}

/** Runs a handler; whatever it throws, now or later, answers its request. */
export function serve(request: Request, deadlines: Deadlines, handler: () => void | Promise<void>): void {
  try {
    const pending = handler();
    if (pending === undefined) return;
    deadlines.add(request);
    pending.catch((error: unknown) => request.fail(error));
  } catch (error) {
    request.fail(error);
  }
}
