import type { SherinId } from '../../../common/ids.js';
import type { Identity } from '../../mount/reach.js';

/** Of an object that somebody may read. */
export interface Glimpse {
  readonly size: number;
  /** All of it was verified since sherin-fs started. */
  readonly verified: boolean;
}

type Look = (id: SherinId, caller: Identity) => Glimpse;

/** Answers to the same question in one turn of the event loop are the same. Not to be kept beyond it. */
export class Glance {
  readonly #look: Look;
  readonly #seen = new Map<string, { readonly found: Glimpse } | { readonly error: unknown }>();

  constructor(look: Look) {
    this.#look = look;
  }

  /** @throws SherinError ID_UNKNOWN, VERSION_COLLECTED… */
  at(id: SherinId, caller: Identity): Glimpse {
    const question = `${id} ${caller.uid} ${caller.gid} ${caller.groups.join()}`;
    let seen = this.#seen.get(question);
    if (seen === undefined) {
      seen = this.#outcome(id, caller);
      this.#seen.set(question, seen);
    }
    if ('error' in seen) throw seen.error;
    return seen.found;
  }

  #outcome(id: SherinId, caller: Identity) {
    try {
      return { found: this.#look(id, caller) };
    } catch (error) {
      return { error };
    }
  }
}
