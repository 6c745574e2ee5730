/** Verification of a whole audit log: chain, MACs, heads, checkpoints (FORMAT.md, "Audit log"). */
import type { Archived } from './archived.js';
import { type AuditKeys, type AuditLine, readAuditLine } from './audit-line.js';
import { equalBytes } from './bytes.js';
import { combine, grow, leafHash } from './merkle.js';
import { Refused } from './refused.js';

export interface AuditState {
  /** Of the whole log, archived ones included. */
  readonly records: number;
  /** Records before the first segment that was given: they are archived, and were not looked at. */
  readonly archived: number;
  readonly heads: number;
  readonly root: Uint8Array;
  /** Records after the last head, and bytes of a torn end. */
  readonly unsigned: number;
  readonly torn: number;
  readonly events: readonly string[];
}

function check(holds: boolean, part: string): asserts holds {
  if (!holds) throw new Refused('log', `audit log: ${part}`);
}

/** Cuts at line feeds; the last part is what follows the last line feed. */
function lines(segment: Uint8Array): Uint8Array[] {
  const out: Uint8Array[] = [];
  let at = 0;
  for (let end = segment.indexOf(10); end >= 0; end = segment.indexOf(10, at)) {
    out.push(segment.slice(at, end));
    at = end + 1;
  }
  return [...out, segment.slice(at)];
}

export interface LogHead {
  readonly size: number;
  readonly root: Uint8Array;
}

class Walk {
  readonly events: string[] = [];
  readonly #expect: LogHead | null;
  readonly #archived: Archived | null;
  size = 0;
  prev = new Uint8Array(32);
  frontier: readonly Uint8Array[] = [];
  heads = 0;
  /** Records that a head covers. */
  covered = 0;

  constructor(expect: LogHead | null, archived: Archived | null) {
    this.#expect = expect;
    this.#archived = archived;
    this.#meet();
  }

  #meet(): void {
    if (this.#expect?.size === this.size)
      check(equalBytes(combine(this.frontier), this.#expect.root), 'not the one the manifest says');
  }

  /** Takes what is before the first segment that is there from its checkpoint. */
  begin(line: AuditLine): void {
    if (line.type !== 'checkpoint') return;
    const subtrees = line.point.size.toString(2).replaceAll('0', '').length;
    check(line.frontier.length === subtrees, 'frontier of a checkpoint');
    this.size = line.point.size;
    this.frontier = line.frontier;
    this.prev = Uint8Array.from(line.prev);
    this.#meet();
  }

  take(line: AuditLine, bytes: Uint8Array, segment: number, first: boolean): void {
    check(first === (line.type === 'checkpoint'), 'a segment does not start with its one checkpoint');
    if (line.type === 'record') {
      check(line.seq === this.size, `record ${line.seq} at place ${this.size}`);
      check(equalBytes(line.prev, this.prev), `record ${line.seq} names another record before it`);
      this.prev = Uint8Array.from(leafHash(bytes));
      this.frontier = grow(this.frontier, this.size, this.prev);
      this.size += 1;
      this.events.push(line.event);
      this.#meet();
      return;
    }
    check(line.point.size === this.size, 'size of a head');
    check(equalBytes(line.point.root, combine(this.frontier)), 'root of a head');
    this.covered = line.point.size;
    if (line.type === 'head') {
      this.heads += 1;
      return;
    }
    check(line.segment === segment && equalBytes(line.prev, this.prev), 'a checkpoint');
    check(
      this.frontier.length === line.frontier.length &&
        this.frontier.every((subtree, i) => equalBytes(subtree, line.frontier[i] ?? new Uint8Array(0))),
      'frontier of a checkpoint',
    );
    if (this.#archived === null || segment !== this.#archived.segments + 1) return;
    const { size, root } = this.#archived;
    check(
      size === this.size && equalBytes(root, line.point.root),
      'it does not go on where archived segments end',
    );
  }
}

/** Bytes of a torn end that starts with this line, or 0 when the line is whole. */
function tornBytes(rest: readonly Uint8Array[]): number {
  const [line] = rest;
  if (line === undefined || (rest.length > 1 && !line.includes(0))) return 0;
  return rest.reduce((sum, part) => sum + part.length + 1, -1);
}

/**
 * Verifies segments in order; `expect` is what the manifest's head says the log must contain.
 * @param before the number of the first segment, above 1 where the vault's word for that is given
 * @throws Refused
 */
export function verifyAudit(
  segments: readonly Uint8Array[],
  keys: AuditKeys,
  expect: LogHead | null,
  before: { readonly first: number; readonly archived: Archived | null } = { first: 1, archived: null },
): AuditState {
  const { first, archived } = before;
  const gone = archived?.segments ?? 0;
  check(
    first <= gone + 1 && first + segments.length > gone + (archived === null ? 0 : 1),
    'a segment is missing',
  );
  const walk = new Walk(expect, archived);
  let skipped = 0;
  let torn = 0;
  for (const [i, segment] of segments.entries()) {
    const all = lines(segment);
    const last = i === segments.length - 1;
    for (const [n, bytes] of all.entries()) {
      if (n === all.length - 1 && bytes.length === 0) break;
      torn = tornBytes(all.slice(n));
      if (torn > 0) {
        check(last && n > 0, 'damage before the end');
        break;
      }
      const line = readAuditLine(bytes, keys);
      if (i === 0 && n === 0 && first > 1) {
        walk.begin(line);
        skipped = walk.size;
      }
      walk.take(line, bytes, first + i, n === 0);
    }
    check(last || walk.covered === walk.size, 'a segment ends without a head');
  }
  check(expect === null || expect.size <= walk.size, 'shorter than the manifest says');
  return {
    records: walk.size,
    archived: skipped,
    heads: walk.heads,
    root: combine(walk.frontier),
    unsigned: walk.size - walk.covered,
    torn,
    events: walk.events,
  };
}
