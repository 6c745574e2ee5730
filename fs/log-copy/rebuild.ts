/** manifest.db from the copy of the log, where the database is gone or broken. */
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { MalformedBytes } from '../../common/bytes.js';
import { SherinError, systemCode } from '../../common/errors.js';
import { system } from '../../native/index.js';
import type { TreeHead } from '../manifest/head.js';
import { ManifestRebuild } from '../manifest/rebuild.js';
import { type ChainEntry, type CopyPlace, chainEntries, readChain } from './chain.js';

export interface RebuildOptions extends CopyPlace {
  readonly vaultFd: number;
  /** K_manifest; overwritten as soon as SQLite has it. */
  readonly key: Buffer;
}

export interface Rebuilt {
  /** What the copy led to. */
  readonly head: TreeHead;
  /** Files that were moved out of the way, below the vault. */
  readonly kept: readonly string[];
  /** What was wrong with the copy; what came after that is lost. */
  readonly fault: string | null;
}

const database = 'manifest.db';
const unfinished = 'manifest.db.new';
/** SQLite's files beside a database. */
const suffixes = ['', '-wal', '-journal', '-shm'] as const;
/** Entries of one transaction. */
const batch = 2000;

/** @throws SherinError COPY_MISSING, MANIFEST_BROKEN, DISK_READ, NO_SPACE, IO: nothing was replaced */
export async function rebuildManifest(options: RebuildOptions): Promise<Rebuilt> {
  const { vaultFd, key } = options;
  try {
    const chain = await readChain(options);
    if (chain.head === null) throw new SherinError('COPY_MISSING', { part: chain.fault ?? 'there is none' });
    const path = `/proc/self/fd/${vaultFd}/${unfinished}`;
    for (const suffix of suffixes) rmSync(`${path}${suffix}`, { recursive: true, force: true });
    const rebuild = ManifestRebuild.create({ path, key }, chain.head);
    try {
      await fill(rebuild, chainEntries(options, chain));
      rebuild.finish();
    } catch (error) {
      rebuild.abandon();
      throw asBroken(error);
    }
    return { head: chain.head, kept: await takePlace(vaultFd), fault: chain.fault };
  } finally {
    key.fill(0);
  }
}

async function fill(rebuild: ManifestRebuild, entries: AsyncIterable<ChainEntry>): Promise<void> {
  let records: Buffer[] = [];
  let nodes: Buffer[] = [];
  for await (const { type, bytes } of entries) {
    if (type === 'record') records.push(bytes);
    else nodes.push(bytes);
    if (records.length + nodes.length < batch) continue;
    rebuild.add(records, nodes);
    [records, nodes] = [[], []];
  }
  rebuild.add(records, nodes);
}

function asBroken(error: unknown): unknown {
  if (!(error instanceof MalformedBytes)) return error;
  return new SherinError(
    'MANIFEST_BROKEN',
    { part: `the copy of the log: ${error.message}` },
    { cause: error },
  );
}

/** What is in the way is kept, out of it, whatever it is. @returns where */
async function takePlace(vaultFd: number): Promise<string[]> {
  const kept: string[] = [];
  const mark = randomBytes(4).toString('hex');
  try {
    system.mkdirBeneath(vaultFd, Buffer.from('quarantine'), 0o700);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  }
  for (const suffix of suffixes) {
    const to = `quarantine/manifest-${mark}.db${suffix}`;
    try {
      system.renameBeneath(vaultFd, Buffer.from(`${database}${suffix}`), Buffer.from(to), true);
      kept.push(to);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
  system.renameBeneath(vaultFd, Buffer.from(unfinished), Buffer.from(database), true);
  await system.syncfs(vaultFd);
  return kept;
}
