/** Sends entries to sherin-fs in batches: several messages under way, answers counted in order. */
import { closeSync } from 'node:fs';
import { errorOf, SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import {
  type ControlResult,
  longestText,
  type PutEntry,
  type PutOutcome,
} from '../../daemon/protocol/control.js';
import type { Problems } from './problems.js';
import type { OpenEntry } from './put-entry.js';

/**
 * Limits of one message; the socket takes 128 KiB and 64 descriptors, the protocol 256 entries. The answer, which may name an
 * error for each entry, has to fit as well.
 */
const batchLimit = { fds: 60, jsonBytes: 64 * 1024, entries: 256, contentBytes: 64 * 1024 * 1024 };
/** Bytes of the longest entry, which then goes alone. */
const longestEntry = 100 * 1024;
/** Messages under way: while sherin-fs commits a batch it encrypts what they brought. */
const window = 10;

export interface PutCounts {
  stored: number;
  same: number;
  failed: number;
  /** Bytes of file content that are done, unchanged files included. */
  bytes: number;
  /** Regular files that are done. */
  files: number;
}

export class PutStream {
  readonly counts: PutCounts = { stored: 0, same: 0, failed: 0, bytes: 0, files: 0 };
  readonly #client: ControlClient;
  readonly #transfer: number;
  readonly #destination: string;
  readonly #problems: Problems;
  readonly #advanced: () => void;
  readonly #underWay: Promise<void>[] = [];
  #batch = new Batch();
  #partial = 0;
  #stopped = false;

  private constructor(
    client: ControlClient,
    transfer: number,
    destination: string,
    { problems, advanced }: { problems: Problems; advanced: () => void },
  ) {
    this.#client = client;
    this.#transfer = transfer;
    this.#destination = destination;
    this.#problems = problems;
    this.#advanced = advanced;
  }

  static async begin(
    client: ControlClient,
    destination: string,
    options: { checksum: boolean; problems: Problems; advanced: () => void },
  ): Promise<PutStream> {
    const { transfer } = await client.call('put.begin', { destination, checksum: options.checksum });
    return new PutStream(client, transfer, destination, options);
  }

  /** Bytes done, with what is known of the messages under way. */
  get bytesDone(): number {
    return this.counts.bytes + this.#partial;
  }

  /** Lets sherin-fs leave out what it has not read to the end; what is whole is committed by {@link end}. */
  stop(): void {
    this.#stopped = true;
    this.#batch.close();
    this.#batch = new Batch();
    // Where the connection is gone, the answers under way tell so.
    this.#client.call('put.stop', { transfer: this.#transfer }).catch(() => undefined);
  }

  /** Takes an entry and its descriptor; waits when enough is under way. */
  async add(open: OpenEntry): Promise<void> {
    if (this.#stopped) {
      if (open.fd !== null) closeSync(open.fd);
      return;
    }
    const json = Buffer.byteLength(JSON.stringify(open.entry)) + 16;
    const fault = this.#fault(open.entry, json);
    if (fault !== null) {
      if (open.fd !== null) closeSync(open.fd);
      this.counts.failed += 1;
      this.#problems.add(open.entry.path, new SherinError('USAGE', { what: fault }));
      return;
    }
    if (!this.#batch.takes(json, open)) await this.#send();
    if (this.#stopped) {
      if (open.fd !== null) closeSync(open.fd);
      return;
    }
    this.#batch.add(json, open);
    if (this.#batch.contentBytes >= batchLimit.contentBytes) await this.#send();
  }

  /** Why this entry can not be sent. One that the protocol refuses would take its whole message with it. */
  #fault({ path, size }: OpenEntry['entry'], json: number): string | null {
    // With the destination, so that what is stored can be listed and copied out again.
    const length = this.#destination.length + 1 + path.length;
    if (length > longestText) return `its path has ${length} characters, more than ${longestText}`;
    if (!Number.isSafeInteger(size)) return 'it is larger than 8 PiB';
    return json > longestEntry ? 'its name and extended attributes are too long' : null;
  }

  /** Waits for all answers and commits. */
  async end(): Promise<ControlResult<'put.end'>> {
    await this.#send();
    while (this.#underWay.length > 0) await this.#underWay.shift();
    return this.#client.call('put.end', { transfer: this.#transfer });
  }

  /** Closes descriptors that were never sent. */
  drop(): void {
    this.#batch.close();
  }

  async #send(): Promise<void> {
    const batch = this.#batch;
    if (batch.entries.length === 0) return;
    this.#batch = new Batch();
    const answer = this.#exchange(batch);
    // Its failure is thrown where it is awaited below.
    answer.catch(() => undefined);
    this.#underWay.push(answer);
    if (this.#underWay.length >= window) await this.#underWay.shift();
  }

  async #exchange(batch: Batch): Promise<void> {
    let known = 0;
    const progress = (done: number) => {
      this.#partial += done - known;
      known = done;
      this.#advanced();
    };
    try {
      const { outcomes } = await this.#client.call(
        'put.entries',
        { transfer: this.#transfer, entries: batch.entries },
        { fds: batch.fds, progress },
      );
      for (const [index, outcome] of outcomes.entries()) this.#count(outcome, batch.entries[index]);
    } finally {
      this.#partial -= known;
      batch.close();
    }
    this.#advanced();
  }

  #count(outcome: PutOutcome, entry: PutEntryInput | undefined): void {
    if (outcome.error?.code === 'INTERRUPTED') return;
    this.counts[outcome.outcome] += 1;
    if (outcome.error !== undefined) {
      this.#problems.add(outcome.path, errorOf(outcome.error));
    } else if (entry?.kind === 'file') {
      this.counts.files += 1;
      this.counts.bytes += entry.linkTo === undefined ? (entry.size ?? 0) : 0;
    }
  }
}

type PutEntryInput = Omit<PutEntry, 'fd'> & { fd?: number | undefined };

/** Entries and descriptors of one message. */
class Batch {
  readonly entries: PutEntryInput[] = [];
  readonly fds: number[] = [];
  contentBytes = 0;
  #jsonBytes = 0;

  takes(json: number, open: OpenEntry): boolean {
    return (
      this.entries.length < batchLimit.entries &&
      (this.#jsonBytes + json <= batchLimit.jsonBytes || this.entries.length === 0) &&
      (open.fd === null || this.fds.length < batchLimit.fds)
    );
  }

  add(json: number, { entry, fd }: OpenEntry): void {
    this.#jsonBytes += json;
    if (fd === null) {
      this.entries.push(entry);
      return;
    }
    this.entries.push({ ...entry, fd: this.fds.push(fd) - 1 });
    this.contentBytes += entry.size;
  }

  close(): void {
    for (const fd of this.fds.splice(0)) closeSync(fd);
  }
}
