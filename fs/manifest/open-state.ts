/** From a verified head to a verified tree: the snapshot it names, then the log's tail. */
import { SherinError } from '../../common/errors.js';
import { Frontier, leafHash } from '../../common/merkle.js';
import { apply } from './apply.js';
import { broken, type ManifestDatabase } from './database.js';
import { emptyState } from './empty-state.js';
import type { TreeHead } from './head.js';
import { decode, type Log } from './log.js';
import { Overlay } from './overlay.js';
import { loadSnapshot } from './snapshot-store.js';

interface StartingPoint {
  readonly state: Overlay;
  readonly frontier: Frontier;
}

/** @throws SherinError MANIFEST_BROKEN */
export function openState(database: ManifestDatabase, log: Log, head: TreeHead): Overlay {
  const count = log.count();
  if (count !== head.size) throw broken(`the log has ${count} records, its head was signed for ${head.size}`);
  const tail = [...log.stored(head.snapshotSize, head.size)];
  const { state, frontier } = startingPoint(database, head);
  // The whole tail is verified before its first record is believed.
  for (const { bytes } of tail) frontier.append(leafHash(bytes));
  if (!frontier.root().equals(head.root)) throw broken('the log does not lead to the signed root');
  for (const { index, bytes } of tail) replay(state, index, bytes);
  return state;
}

function startingPoint(database: ManifestDatabase, head: TreeHead): StartingPoint {
  if (head.snapshotSize === 0) return { state: new Overlay(emptyState), frontier: new Frontier() };
  const snapshot = loadSnapshot(database, head.snapshotSize, head.stateRoot);
  return { state: new Overlay(snapshot), frontier: snapshot.frontier.clone() };
}

function replay(state: Overlay, index: number, bytes: Buffer): void {
  const { mutation, time } = decode(index, bytes);
  try {
    apply(state, mutation, { index, time, mayCreate: () => true });
  } catch (error) {
    if (error instanceof SherinError)
      throw broken(`record ${index} does not fit the tree: ${error.message}`, error);
    throw error;
  }
}
