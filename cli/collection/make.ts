/** Brings a collection to what a directory of the vault holds now. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { Progress } from '../output/progress.js';
import { formatCount } from '../output/units.js';
import { Interrupt } from '../transfer/interrupt.js';
import { everythingBelow } from '../transfer/listing.js';
import type { Problems } from '../transfer/problems.js';
import { CollectionDraft, type Source } from './draft.js';
import { largestText, textOf } from './text.js';

export interface Making {
  readonly client: ControlClient;
  readonly mount: string;
  /** A directory, as a path in the vault. */
  readonly directory: string;
  /** The collection, as a path in the vault. */
  readonly collection: string;
  readonly problems: Problems;
  /** No bar. */
  readonly json: boolean;
}

export interface Made {
  added: number;
  removed: number;
  unchanged: number;
  /** Files that are no text, or too large for one. */
  left: number;
  passages: number;
  interrupted: boolean;
}

export async function makeCollection(making: Making): Promise<Made> {
  const { client, mount, directory, collection } = making;
  // What programs have written has an ID only as a version.
  await client.call('snapshot', {});
  const wanted = await filesOf(client, directory, collection);
  const draft = CollectionDraft.begin(join(mount, collection));
  try {
    const made = await update(draft, wanted, making);
    if (made.interrupted || made.added + made.removed === 0) draft.drop();
    else draft.finish();
    return made;
  } catch (error) {
    draft.drop();
    throw error;
  }
}

interface File extends Source {
  readonly size: number;
}

/** One path for each object, by its ID: equal files are one. */
async function filesOf(
  client: ControlClient,
  directory: string,
  collection: string,
): Promise<Map<string, File>> {
  const files = new Map<string, File>();
  for await (const { path, entry } of everythingBelow(client, directory)) {
    const { kind, id, size } = entry;
    if (kind !== 'file' || id === undefined || path === collection || files.has(id)) continue;
    // A byte that is no text stands as one that is.
    files.set(id, { id, path: Buffer.from(path).toString(), size });
  }
  return files;
}

async function update(draft: CollectionDraft, wanted: Map<string, File>, making: Making): Promise<Made> {
  const made: Made = { added: 0, removed: 0, unchanged: 0, left: 0, passages: 0, interrupted: false };
  for (const { id, path } of draft.sources()) {
    if (wanted.get(id)?.path === path) {
      wanted.delete(id);
      made.unchanged++;
    } else {
      draft.remove(id);
      made.removed++;
    }
  }
  const progress = new Progress('collection', 'files', making.json);
  const interrupt = new Interrupt();
  let seen = 0;
  try {
    for (const file of wanted.values()) {
      if (interrupt.asked) break;
      await take(draft, file, making, made);
      progress.update(++seen, wanted.size, () => formatCount(made.added, 'text'));
    }
  } finally {
    interrupt.release();
    progress.stop();
  }
  return { ...made, passages: draft.passages(), interrupted: interrupt.asked };
}

/** Reads a file by its ID, not by its name: what is read is that version, whatever happens meanwhile. */
async function take(
  draft: CollectionDraft,
  file: File,
  { mount, problems }: Making,
  made: Made,
): Promise<void> {
  try {
    const text = file.size > largestText ? null : textOf(await readFile(join(mount, 'ids', file.id)));
    if (text === null) made.left++;
    else {
      draft.add(file, text);
      made.added++;
    }
  } catch (error) {
    problems.add(file.path, error);
  }
}
