import type { CubeId, SherinId } from '../../common/ids.js';
import type { CubeFault } from '../../native/index.js';

/** What happens to the vault that others than its readers want to know. */
export type VaultEvent =
  | { readonly kind: 'lock'; readonly state: 'unlocked' | 'locked' }
  | { readonly kind: 'mount'; readonly mounted: boolean }
  | {
      readonly kind: 'quarantine';
      readonly cube: CubeId;
      readonly reason: CubeFault;
      /** Some of the objects that have it. */
      readonly objects: readonly SherinId[];
    };

/** Tells of events while they happen; nothing is kept. */
export class VaultEvents {
  readonly #listeners = new Set<(event: VaultEvent) => void>();

  /** @returns ends it */
  on(listener: (event: VaultEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  tell(event: VaultEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}
