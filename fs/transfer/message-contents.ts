/** The content of a message's files, encrypted side by side ahead of whoever takes it in their order. */
import type { PutEntry } from '../../daemon/protocol/control.js';
import type { EncodeOptions, Encoder } from '../../native/index.js';
import { vertexBytes } from '../manifest/index-node.js';
import { type EncodedSlots, encodeBegun, encodeFile, type FileContent } from './encode-file.js';

/** Files that are encrypted at the same time, besides the small ones. */
const filesInFlight = 32;
/** Files of so many bytes are begun together: a call for each would cost more than many of them do. */
const smallBytes = vertexBytes;

export interface ContentSource {
  readonly fd: number;
  readonly options: EncodeOptions;
}

/** What is to be read for an entry; null: nothing. @throws what the entry fails with */
export type PlanContent = (entry: PutEntry) => ContentSource | null;

export class MessageContents {
  readonly #entries: readonly PutEntry[];
  readonly #plan: PlanContent;
  readonly #encoder: Encoder;
  readonly #slots: EncodedSlots;
  /** Those that were begun, by entry. */
  readonly #contents = new Map<number, Promise<FileContent | null>>();
  /** Entries before it were begun. */
  #begun = 0;

  /** Begins the small files. */
  constructor(entries: readonly PutEntry[], plan: PlanContent, encoder: Encoder, slots: EncodedSlots) {
    this.#entries = entries;
    this.#plan = plan;
    this.#encoder = encoder;
    this.#slots = slots;
    this.#beginSmall();
  }

  /** The content of an entry, null when nothing was to be read; those behind it are begun. */
  at(index: number): Promise<FileContent | null> {
    const end = Math.min(this.#entries.length, index + filesInFlight);
    for (; this.#begun < end; this.#begun++) {
      const entry = this.#entries[this.#begun];
      if (entry !== undefined && !this.#contents.has(this.#begun)) this.#keep(this.#begun, this.read(entry));
    }
    return this.#contents.get(index) ?? Promise.resolve(null);
  }

  /** Reads what the plan says now. */
  async read(entry: PutEntry): Promise<FileContent | null> {
    const source = this.#plan(entry);
    if (source === null) return null;
    return encodeFile(this.#encoder, source.fd, source.options, this.#slots);
  }

  /** Waits until no descriptor is in use. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#contents.values());
  }

  #beginSmall(): void {
    const small: { readonly index: number; readonly source: ContentSource }[] = [];
    for (const [index, entry] of this.#entries.entries()) {
      if (entry.size > smallBytes) continue;
      try {
        const source = this.#plan(entry);
        if (source === null) this.#contents.set(index, Promise.resolve(null));
        else small.push({ index, source });
      } catch (error) {
        this.#keep(index, Promise.reject(error));
      }
    }
    const [first] = small;
    if (first === undefined) return;
    const fds = small.map(({ source }) => source.fd);
    const owners = small.map(({ source }) => source.options.owner);
    // What it throws at once each of them fails with, too.
    const begun = Promise.resolve().then(() => this.#encoder.begin(fds, owners, first.source.options));
    for (const [place, { index, source }] of small.entries()) {
      const content = begun.then((all) =>
        encodeBegun(this.#encoder, all[place], source.fd, source.options, this.#slots),
      );
      this.#keep(index, content);
    }
  }

  /** Awaited later, in order: a failure in between must not count as unhandled. */
  #keep(index: number, content: Promise<FileContent | null>): void {
    content.catch(() => undefined);
    this.#contents.set(index, content);
  }
}
