import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import type { AnsweredEntry } from '../protocol/admission.js';
import { type DaemonAuditEvent, mostEntries, mostRecords } from '../protocol/engine.js';
import type { ControlCaller } from '../protocol/objects.js';
import type { StandingPage } from './standing-page.js';

/** Records that sherin-fs may be behind; beyond it answers wait for it. */
const mostUntaken = 2_048;
/** Milliseconds until records go to the next sherin-fs, where one ended before it had taken them. */
const againMs = 1_000;

/** It has ended, or takes no connection at this moment. */
const away: readonly string[] = ['NOT_RUNNING', 'FS_FULL'];

/** What was decided of something. */
export type EventAbout = DaemonAuditEvent & { readonly id: string };

/** The page, and the count that it had when an answer was looked for. */
export interface Looked {
  readonly page: StandingPage;
  readonly generation: number;
}

/** Of one turn of the event loop, at one count of the page. */
interface Batch extends Looked {
  readonly entries: AnsweredEntry[];
  /** The last entry of each caller. */
  readonly lastOf: Map<string, AnsweredEntry>;
  /** In all entries. */
  records: number;
  readonly sent: Promise<boolean>;
  readonly settle: (sent: boolean | Promise<boolean>) => void;
}

export interface AnsweredRecordsParts {
  readonly log: Logger;
  /** Sends records once more, to whichever sherin-fs runs. @throws SherinError */
  readonly again: (entries: AnsweredEntry[]) => Promise<unknown>;
  /** Records could not be taken: nothing stands. */
  readonly failed: () => void;
}

/** Records of what sherind answers by what stood. Those of one turn of the event loop go in one message, before any of the answers. */
export class AnsweredRecords {
  readonly #parts: AnsweredRecordsParts;
  #open: Batch | null = null;
  #untaken = 0;

  constructor(parts: AnsweredRecordsParts) {
    this.#parts = parts;
  }

  /** True while sherin-fs is not too far behind. */
  get room(): boolean {
    return this.#untaken < mostUntaken;
  }

  /**
   * Resolves to true once sherin-fs has them in its socket: they are read whatever becomes of sherind. False: the page has another count by
   * then. Nothing was sent, unless the socket had to be waited for. @throws SherinError NOT_RUNNING: nothing stands
   */
  add(events: readonly EventAbout[], caller: ControlCaller, { page, generation }: Looked): Promise<boolean> {
    let batch = this.#open;
    if (
      batch !== null &&
      !(batch.page === page && batch.generation === generation && hasRoom(batch, events))
    ) {
      this.#flush(batch);
      batch = null;
    }
    batch ??= this.#begin(page, generation);
    for (const event of events) append(batch, event, caller);
    batch.records += events.length;
    return batch.sent;
  }

  #begin(page: StandingPage, generation: number): Batch {
    let settle: Batch['settle'] = () => undefined;
    const sent = new Promise<boolean>((resolve) => {
      settle = resolve;
    });
    const batch = { page, generation, entries: [], lastOf: new Map(), records: 0, sent, settle };
    this.#open = batch;
    setImmediate(() => this.#flush(batch));
    return batch;
  }

  /** Looks at the page and sends in one turn: for one count there is one answer. */
  #flush(batch: Batch): void {
    if (this.#open !== batch) return;
    this.#open = null;
    const { page, generation, settle } = batch;
    settle(page.generation === generation ? this.#send(batch) : false);
  }

  async #send({ page, generation, entries, records }: Batch): Promise<boolean> {
    if (records === 0) return true;
    const { sent, answer } = page.client.post('request.answered', { entries });
    this.#untaken += records;
    const taken = sent.then(() => this.#taken(entries, answer));
    void Promise.allSettled([taken, answer]).finally(() => {
      this.#untaken -= records;
    });
    await sent;
    return page.generation === generation;
  }

  /** Where the process ended before it had taken them, the next one gets them: none is lost, and one may be on record twice. */
  async #taken(entries: AnsweredEntry[], first: Promise<unknown>): Promise<void> {
    const { log, again, failed } = this.#parts;
    for (let answer = first; ; answer = again(entries)) {
      try {
        await answer;
        return;
      } catch (error) {
        failed();
        if (!(error instanceof SherinError && away.includes(error.code)))
          return log.error({ err: error }, 'what was answered could not be recorded');
        await sleep(againMs, undefined, { ref: false });
      }
    }
  }
}

function hasRoom({ entries, records }: Batch, { length }: readonly EventAbout[]): boolean {
  return entries.length + length <= mostEntries && records + length <= mostRecords;
}

/** To the last entry of this caller, where it differs by what it is about alone. Each caller's are in their order; what others ask in the same turn is neither before nor after. */
function append(
  { entries, lastOf }: Batch,
  { event, id, meta }: EventAbout,
  { uid, pid }: ControlCaller,
): void {
  const who = `${uid} ${pid}`;
  const last = lastOf.get(who);
  if (last !== undefined && last.event === event && isSame(last.meta, meta)) {
    last.ids.push(id);
    return;
  }
  const entry = { caller: { uid, pid }, event, ids: [id], meta };
  entries.push(entry);
  lastOf.set(who, entry);
}

type Meta = DaemonAuditEvent['meta'];

function isSame(one: Meta, other: Meta): boolean {
  if (one === other) return true;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => Object.hasOwn(other, name) && one[name] === other[name]);
}
