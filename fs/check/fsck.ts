/** The manifest against its log, and the disk against the manifest, both ways; mends what it is told to. */
import { SherinError } from '../../common/errors.js';
import type { CubeId } from '../../common/ids.js';
import type { FsckResult } from '../../daemon/protocol/fsck.js';
import type { CubeLock } from '../cube/cube-lock.js';
import { readCubeFile } from '../cube/cube-source.js';
import type { TableChanges } from '../manifest/tables.js';
import type { Session } from '../service/session/session.js';
import { withoutOthers } from '../service/versions/collecting.js';
import { checkLogCopy } from './copy.js';
import { checkDisk, type DiskCheck, type Lack, type Leftover } from './disk.js';
import { removable, removeLeftovers } from './leftovers.js';
import { type LogReading, type ObjectTreeRoot, readLog } from './log-reading.js';
import { fetchNodes } from './lost-nodes.js';
import { newerCubes } from './newer-cubes.js';
import { type References, readReferences } from './references.js';
import { Repair, type RepairedFrom } from './repair.js';
import { heldCubes, neededSince, stillLeft } from './since.js';
import { listStoredFiles, type StoredFiles } from './stored-files.js';
import { checkTables, stillWrong, type TableFault } from './tables.js';
import { usesOf } from './uses.js';

export interface FsckParts {
  readonly session: Session;
  readonly vaultFd: number;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  readonly lock: CubeLock;
}

export interface FsckOptions {
  /** Build the tables anew from the log. */
  readonly rebuild: boolean;
  readonly repair: boolean;
  readonly removeOrphans: boolean;
  /** Descriptor of the directory of a backup to repair from. */
  readonly backup: number | null;
  readonly progress: (done: number, total: number) => void;
  readonly cancelled: () => boolean;
  /** Told before anything is removed; durable when it resolves. */
  readonly removing: (files: number, bytes: number) => Promise<void>;
}

/** Of lacks and leftovers that the answer names. */
const listed = 100;

interface Checked {
  readonly reading: LogReading;
  readonly references: References;
  readonly files: StoredFiles;
  readonly tables: readonly TableFault[];
  /** Index nodes that a backup's manifest had still. */
  readonly fetchedNodes: number;
  readonly disk: DiskCheck;
  readonly removed: readonly Leftover[];
}

interface Found extends Checked {
  /** Others were storing cubes: theirs may seem to be left over. */
  readonly busy: boolean;
}

/** @throws SherinError MANIFEST_BROKEN where the log does not verify; TIMEOUT, LOCKED, INTERRUPTED, NO_SPACE, IO, DISK_READ */
export async function fsck(parts: FsckParts, options: FsckOptions): Promise<FsckResult> {
  const busy = !options.removeOrphans && !parts.lock.idle;
  // Nothing that it looks for may be given up meanwhile.
  const release = await parts.lock.shared();
  let checked: Checked;
  try {
    checked = await check(parts, options);
  } finally {
    release();
  }
  const found = { ...checked, ...(options.removeOrphans ? await remove(parts, options, checked) : {}), busy };
  const repaired = await repair(parts, options, found);
  const copy = await checkLogCopy(parts.session, options.rebuild);
  return report(parts, { ...found, copy }, repaired, options);
}

async function check(parts: FsckParts, options: FsckOptions): Promise<Checked> {
  const { session, vaultFd } = parts;
  const { manifest } = session;
  const total = manifest.head.size + manifest.cubeCount();
  const step = (done: number): void => {
    if (options.cancelled()) throw new SherinError('INTERRUPTED', { what: 'the check' });
    options.progress(Math.min(done, total), total);
  };
  // Files first: what is stored later can only be too much, and what seems to lack is looked for again.
  const files = await listStoredFiles(vaultFd, step);
  const reading = await readLog(manifest, (done) => step(manifest.cubeCount() + done));
  let references = await readReferences(manifest, reading);
  const lost = references.lostNodes.size;
  if (options.repair && options.backup !== null && !references.complete)
    references = await fetchNodes(session, vaultFd, options.backup, reading, references);
  const fetchedNodes = lost - references.lostNodes.size;
  const { faults: tables, changes } = await checkTables(manifest, reading, references);
  if (options.rebuild && tables.length > 0) await rebuild(session, reading, changes);
  const recorded = Array.from(manifest.tree.quarantine(), ({ cube }) => cube);
  const refused = { has: (id: CubeId) => session.isQuarantined(id) };
  const seen = checkDisk(references, files, { refused, recorded, held: heldCubes(session) });
  const newer = await newerCubes(vaultFd, references, files, seen.lacks, () => step(total));
  const disk = { ...seen, lacks: new Map([...(await stillLacking(vaultFd, seen.lacks)), ...newer]) };
  return { reading, references, files, tables, fetchedNodes, disk, removed: [] };
}

/** Brings the tables in line with the log in one transaction, between two commits. */
function rebuild(session: Session, { size }: LogReading, changes: TableChanges): Promise<void> {
  return session.undisturbed(async () => {
    const { manifest } = session;
    manifest.tables.change(stillWrong(manifest, changes, neededSince(session, size)));
  });
}

/** Without the cubes that were stored while the check ran. */
async function stillLacking(vaultFd: number, lacks: DiskCheck['lacks']): Promise<DiskCheck['lacks']> {
  const still = new Map<CubeId, Lack>();
  for (const [id, lack] of lacks) {
    if (lack === 'missing' && (await readCubeFile(vaultFd, id)) !== null) continue;
    still.set(id, lack);
  }
  return still;
}

/** Nobody may rely on a cube without a record while some go; what has come into use since the check stays. */
async function remove(
  { session, vaultFd, lock }: FsckParts,
  { removing }: FsckOptions,
  { reading, disk }: Checked,
): Promise<Pick<Checked, 'disk' | 'removed'>> {
  const release = await withoutOthers(session, lock);
  try {
    const left = { ...disk, leftovers: await stillLeft(session, vaultFd, reading.size, disk.leftovers) };
    const leftovers = removable(left);
    if (leftovers.length === 0) return { disk: left, removed: [] };
    await removing(
      leftovers.length,
      leftovers.reduce((sum, { bytes }) => sum + bytes, 0),
    );
    return { disk: left, removed: await removeLeftovers(session, vaultFd, leftovers) };
  } finally {
    release();
  }
}

interface Repaired {
  readonly from: ReadonlyMap<CubeId, RepairedFrom>;
  readonly faults: ReadonlyMap<CubeId, string>;
}

async function repair(
  parts: FsckParts,
  options: FsckOptions,
  { disk, references, files }: Found,
): Promise<Repaired> {
  if (!options.repair || disk.lacks.size === 0) return { from: new Map(), faults: new Map() };
  // What is staged for a repair is nobody's leftover.
  const release = await parts.lock.shared();
  try {
    const run = new Repair({ ...parts, misplaced: files.misplaced, backup: options.backup });
    try {
      let done = 0;
      for (const [id, lack] of disk.lacks) {
        if (options.cancelled()) break;
        const cube = references.find(id);
        if (cube !== undefined) await run.cube(cube, lack);
        options.progress(++done, disk.lacks.size);
      }
      await run.done();
      return { from: run.repaired, faults: run.refused };
    } finally {
      await run.close();
    }
  } finally {
    release();
  }
}

async function report(
  { session }: FsckParts,
  {
    reading,
    references,
    files,
    tables,
    fetchedNodes,
    disk,
    removed,
    busy,
    copy,
  }: Found & { readonly copy: FsckResult['copy'] },
  { from, faults }: Repaired,
  { rebuild }: FsckOptions,
): Promise<FsckResult> {
  const { all, old, shared } = references.counts();
  const shown = [...disk.lacks].slice(0, listed);
  const uses = await usesOf(session.manifest, reading, new Set(shown.map(([id]) => id)));
  const lacks = shown.map(([cube, state]) => ({
    cube,
    state,
    versions: uses.get(cube)?.versions ?? 0,
    uses: (uses.get(cube)?.some ?? []).map((use) => ({ ...use, time: String(use.time) })),
    repaired: from.get(cube) ?? null,
    fault: faults.get(cube) ?? null,
  }));
  const gone = new Set(removed);
  const lostVersions = versionsOf(references.lostTrees);
  const wrongLengths = versionsOf(references.wrongLengths);
  const mended = tables.map((fault) => ({
    ...fault,
    mended: rebuild && (fault.table !== 'nodes' || references.complete),
  }));
  if (fetchedNodes > 0)
    mended.push({ table: 'nodes', missing: fetchedNodes, wrong: 0, extra: 0, mended: true });
  const lacking = disk.lacks.size - from.size;
  return {
    records: reading.size,
    versions: reading.versions,
    needed: all,
    old,
    shared,
    tables: mended,
    lostVersions,
    wrongLengths,
    lacks,
    lacking,
    repaired: from.size,
    leftovers: disk.leftovers.slice(0, listed).map((each) => ({ ...each, removed: gone.has(each) })),
    counts: countsOf(disk.leftovers),
    removed: amountOf(removed),
    goneQuarantine: disk.goneQuarantine,
    keptSegments: files.keptSegments.slice(0, listed),
    copy,
    busy,
    clean:
      (copy.fault === null || copy.renewed) &&
      lacking === 0 &&
      lostVersions === 0 &&
      wrongLengths === 0 &&
      mended.every((fault) => fault.mended),
  };
}

function versionsOf(trees: ReadonlySet<ObjectTreeRoot>): number {
  return [...trees].reduce((sum, { versions }) => sum + versions, 0);
}

function amountOf(leftovers: readonly Leftover[]): { cubes: number; bytes: number } {
  return { cubes: leftovers.length, bytes: leftovers.reduce((sum, { bytes }) => sum + bytes, 0) };
}

function countsOf(leftovers: readonly Leftover[]): Record<string, { cubes: number; bytes: number }> {
  const kinds = new Set(leftovers.map(({ kind }) => kind));
  return Object.fromEntries(
    Array.from(kinds, (kind) => [kind, amountOf(leftovers.filter((each) => each.kind === kind))]),
  );
}
