/** The stores of a run, open in a place of each kind, and closed whatever happens. */
import { dropCaches, type Place, places } from '../places.js';
import { PeerStore } from '../stores/peer.js';
import { PlainStore } from '../stores/plain.js';
import { SherinStore } from '../stores/sherin.js';
import type { Store } from '../stores/store.js';
import type { PartOptions } from './part.js';

export interface OpenStores {
  readonly place: Place;
  readonly sherin: SherinStore;
  /** Sherin, the peers asked for and the plain file system. */
  readonly all: readonly Store[];
}

/** Runs `work` with fresh stores on disk, then with fresh stores in memory. */
export async function withStores(
  options: PartOptions,
  work: (stores: OpenStores) => Promise<void>,
): Promise<void> {
  dropCaches();
  for (const place of places()) {
    const sherin = new SherinStore(options.driver);
    const all = [sherin, ...options.peers.map((peer) => new PeerStore(peer)), new PlainStore()];
    const open: Store[] = [];
    try {
      for (const store of all) {
        options.say(`${store.name}: a fresh store (${place.name})`);
        await store.open(place.path);
        open.push(store);
      }
      await work({ place, sherin, all });
    } finally {
      for (const store of open) await store.close();
      place.remove();
    }
  }
}
