/** Gives heads of the log away as they are made, so that its end can't be cut off unseen. The log waits for none of it. */
import { systemCode } from '../../common/errors.js';
import { proofText } from '../../common/proof-document.js';
import { uuidText } from '../../common/vault-key.js';
import { type KeepLine, NotKept } from './anchor-target.js';
import type { AuditEvent } from './event.js';
import type { HeadListener } from './head-listener.js';
import type { SignedHead } from './signed-head.js';

export interface AnchoringOptions {
  readonly uuid: Buffer;
  readonly keep: KeepLine;
  /** Appends to the log. */
  readonly record: (event: AuditEvent) => Promise<void>;
  /** Milliseconds between two heads, after a failure, and for one that does not end. */
  readonly every?: { readonly good: number; readonly failed: number; readonly patience: number };
}

export interface AnchoringState {
  /** Records of the last head that was kept; 0: none yet. */
  readonly size: number;
  /** Why the last one was not; null where it was. */
  readonly failing: string | null;
}

type ReadHead = () => Promise<SignedHead>;

const usual = { good: 1_000, failed: 10_000, patience: 30_000 };
/** Milliseconds that the end of the log waits for the last head to be kept. */
const lastPatience = 5_000;

export class Anchoring implements HeadListener {
  readonly #options: AnchoringOptions;
  readonly #every: Required<AnchoringOptions>['every'];
  #state: AnchoringState = { size: 0, failing: null };
  #read: ReadHead | null = null;
  #running: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #last = Number.NEGATIVE_INFINITY;
  #ended = false;

  constructor(options: AnchoringOptions) {
    this.#options = options;
    this.#every = options.every ?? usual;
  }

  get state(): AnchoringState {
    return this.#state;
  }

  made(read: ReadHead): void {
    this.#read = read;
    this.#plan();
  }

  async end(read: ReadHead): Promise<void> {
    this.#ended = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    let late = false;
    const last = async (): Promise<void> => {
      await this.#running;
      // Who opens the log next may have given newer heads away by now.
      if (!late) await this.#keep(read).catch(() => undefined);
    };
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      const end = (): void => {
        late = true;
        resolve();
      };
      timer = setTimeout(end, Math.min(lastPatience, this.#every.patience));
    });
    await Promise.race([last(), patience]);
    clearTimeout(timer);
  }

  /** One at a time, and not more often than it should be. */
  #plan(): void {
    if (this.#ended || this.#running !== null || this.#timer !== null || this.#read === null) return;
    const pause = this.#state.failing === null ? this.#every.good : this.#every.failed;
    const wait = Math.max(0, this.#last + pause - Date.now());
    this.#timer = setTimeout(() => {
      this.#timer = null;
      const read = this.#read;
      if (read === null) return;
      this.#read = null;
      this.#last = Date.now();
      this.#running = this.#attempt(read).finally(() => {
        this.#running = null;
        this.#plan();
      });
    }, wait).unref();
  }

  async #attempt(read: ReadHead): Promise<void> {
    const slow = setTimeout(() => this.#failed('it does not answer'), this.#every.patience).unref();
    try {
      await this.#keep(read);
    } catch (error) {
      this.#read ??= read;
      this.#failed(error instanceof NotKept ? error.message : (systemCode(error) ?? 'it can not be read'));
    } finally {
      clearTimeout(slow);
    }
  }

  async #keep(read: ReadHead): Promise<void> {
    const head = await read();
    if (head.size === this.#state.size && this.#state.failing === null) return;
    const { uuid, keep } = this.#options;
    await keep(proofText({ v: 1, kind: 'audit-head', vault: uuidText(uuid), head }));
    const failed = this.#state.failing !== null;
    this.#state = { size: head.size, failing: null };
    if (failed) this.#note('AUDIT_ANCHOR_RESUMED', { size: head.size });
  }

  #failed(reason: string): void {
    const first = this.#state.failing === null;
    this.#state = { ...this.#state, failing: reason };
    if (first) this.#note('AUDIT_ANCHOR_FAILED', { reason, size: this.#state.size });
  }

  /** The record of a failure is in a head of its own, which is tried later. */
  #note(event: string, meta: AuditEvent['meta']): void {
    if (this.#ended) return;
    this.#options
      .record({ event, id: null, actor: { uid: null, pid: null, exe: null }, meta })
      .catch(() => undefined);
  }
}
