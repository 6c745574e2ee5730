/** Verification of a whole audit log: chain, MACs, heads, checkpoints (FORMAT.md, "Audit log"). */
import { type AuditKeys, type AuditLine, type Point, readAuditLine } from './audit-line.js';
import { equalBytes } from './bytes.js';
import { combine, grow, leafHash, rootOf } from './merkle.js';
import { Refused } from './refused.js';

export interface AuditState {
  readonly records: number;
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

class Walk {
  readonly leaves: Uint8Array[] = [];
  readonly points: Point[] = [];
  readonly events: string[] = [];
  frontier: Uint8Array[] = [];
  heads = 0;
  /** Records that a head covers. */
  covered = 0;

  take(line: AuditLine, bytes: Uint8Array, segment: number, first: boolean): void {
    check(first === (line.type === 'checkpoint'), 'a segment does not start with its one checkpoint');
    const prev = this.leaves.at(-1) ?? new Uint8Array(32);
    if (line.type === 'record') {
      check(line.seq === this.leaves.length, `record ${line.seq} at place ${this.leaves.length}`);
      check(equalBytes(line.prev, prev), `record ${line.seq} names another record before it`);
      this.frontier = grow(this.frontier, this.leaves.length, leafHash(bytes));
      this.leaves.push(leafHash(bytes));
      this.events.push(line.event);
      return;
    }
    check(line.point.size === this.leaves.length, 'size of a head');
    check(equalBytes(line.point.root, combine(this.frontier)), 'root of a head');
    this.covered = line.point.size;
    this.points.push(line.point);
    if (line.type === 'head') {
      this.heads += 1;
      return;
    }
    check(line.segment === segment && equalBytes(line.prev, prev), 'a checkpoint');
    check(
      this.frontier.length === line.frontier.length &&
        this.frontier.every((subtree, i) => equalBytes(subtree, line.frontier[i] ?? new Uint8Array(0))),
      'frontier of a checkpoint',
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
 * @throws Refused
 */
export function verifyAudit(
  segments: readonly Uint8Array[],
  keys: AuditKeys,
  expect: { readonly size: number; readonly root: Uint8Array } | null,
): AuditState {
  const walk = new Walk();
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
      walk.take(readAuditLine(bytes, keys), bytes, i + 1, n === 0);
    }
    check(last || walk.covered === walk.leaves.length, 'a segment ends without a head');
  }
  if (expect !== null) {
    check(expect.size <= walk.leaves.length, 'shorter than the manifest says');
    check(
      equalBytes(rootOf(walk.leaves.slice(0, expect.size)), expect.root),
      'not the one the manifest says',
    );
  }
  return {
    records: walk.leaves.length,
    heads: walk.heads,
    root: combine(walk.frontier),
    unsigned: walk.leaves.length - walk.covered,
    torn,
    events: walk.events,
  };
}
