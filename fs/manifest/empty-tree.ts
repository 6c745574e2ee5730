import { Frontier } from '../../common/merkle.js';
import { emptyState } from './empty-state.js';
import { Overlay } from './overlay.js';
import { ReverseIndex } from './reverse-index.js';
import { Snapshot } from './snapshot-reader.js';
import { writeSnapshot } from './snapshot-writer.js';
import { Tree } from './tree.js';

/** A tree in which nothing is, made as those of a session are. */
export function emptyTree(): Tree {
  const snapshot = new Snapshot(writeSnapshot(emptyState, new Frontier()));
  const state = new Overlay(snapshot);
  const view = { state, reverse: new ReverseIndex(snapshot, state) };
  return new Tree(
    () => view,
    (id) => id,
  );
}
