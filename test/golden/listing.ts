/** What a vault holds, as an opened one shows it: every path, byte, mode, time and version. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';
import type { Machine } from '../vault/machine.js';

const script = join(projectRoot, 'test/golden/listing.py');

/** Of a file that is there: its versions, with the hash of what `ids/` of the mount gives of each. */
interface Version {
  readonly number: number;
  /** Null: of the opening that made it from the journal. Its ID has no date then. */
  readonly time: string | null;
  readonly size: number;
  readonly id: string | null;
  readonly sha256: string;
}

export interface Listing {
  /** By path below `files/`, as listing.py tells it. */
  readonly tree: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly versions: Readonly<Record<string, readonly Version[]>>;
  /** Times at which a path began to show nothing. */
  readonly removals: Readonly<Record<string, readonly string[]>>;
  /** What the policy engine keeps. */
  readonly policy: unknown;
  readonly keySlots: readonly string[];
}

/** The tree alone. */
export function listTree(machine: Machine): Listing['tree'] {
  const out = execFileSync('python3', [script, join(machine.mount, 'files')], { encoding: 'utf8' });
  return JSON.parse(out) as Listing['tree'];
}

/**
 * All of it.
 * @param gone paths at which nothing is any more, which have versions
 */
export async function list(machine: Machine, gone: readonly string[] = []): Promise<Listing> {
  const tree = listTree(machine);
  const versions: Record<string, Version[]> = {};
  const removals: Record<string, readonly string[]> = {};
  const files = Object.keys(tree).filter((path) => tree[path]?.kind === 'file');
  for (const path of [...files, ...gone]) {
    const history = await machine.call('history', { path: `files/${path}` });
    if (history.removals.length > 0) removals[path] = history.removals;
    versions[path] = history.versions.map(({ number, time, size, id }) => {
      return { number, time, size, id: id ?? null, sha256: hashOf(machine, id) };
    });
  }
  const { slots } = await machine.call('key.list', {});
  const { state } = await machine.call('policy.read', {});
  return { tree, versions, removals, policy: state, keySlots: slots.map(({ type }) => type) };
}

/** As it was recorded: without the times and dates of what comes of the opening, by what says so there. */
export function asRecorded(found: Listing, recorded: Listing): Listing {
  return dateless(found, (path, { number }) => {
    return recorded.versions[path]?.some((one) => one.number === number && one.time === null) ?? false;
  });
}

/** Leaves out the times and dates of what comes of the opening: versions that are newer than a time. */
export function toRecord(found: Listing, written: bigint): Listing {
  return dateless(found, (_, { time }) => time !== null && BigInt(time) > written);
}

function dateless(listing: Listing, isMade: (path: string, version: Version) => boolean): Listing {
  const versions = Object.entries(listing.versions).map(([path, all]) => {
    return [path, all.map((one) => (isMade(path, one) ? { ...one, time: null, id: undated(one.id) } : one))];
  });
  const tree = Object.entries(listing.tree).map(([path, entry]) => {
    const last = listing.versions[path]?.at(-1);
    if (last === undefined || !isMade(path, last)) return [path, entry];
    const told = entry.told as Readonly<Record<string, string>>;
    return [path, { ...entry, told: { ...told, id: undated(told.id ?? null) } }];
  });
  return { ...listing, tree: Object.fromEntries(tree), versions: Object.fromEntries(versions) };
}

/** A Sherin ID without its date. */
function undated(id: string | null): string | null {
  return id?.replace(/_\d{8}_/, '_') ?? null;
}

/** A version without ID is empty. */
function hashOf(machine: Machine, id: string | undefined): string {
  const bytes = id === undefined ? Buffer.alloc(0) : readFileSync(join(machine.mount, 'ids', id));
  return createHash('sha256').update(bytes).digest('hex');
}
