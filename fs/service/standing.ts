import { generationPage } from '../../native/ipc.js';

/**
 * What sherind was told of rights stands until something changes that it could depend on: then it lapses, in the turn of the event loop that makes the
 * change. A page of memory tells sherind, which asks again (docs/decisions/0037).
 */
export class Standing {
  readonly #page = generationPage();

  /** What is told now stands as long as the page has this count; 0: not at all. */
  get generation(): number {
    return this.#page.value();
  }

  /** The page, for sherind to map; it is this object's. */
  get descriptor(): number {
    return this.#page.descriptor();
  }

  /** Whatever was told so far stands no more. */
  lapse(): void {
    this.#page.next();
  }

  /** As {@link lapse}, for good: another process decides from now on, or none. */
  end(): void {
    this.#page.end();
  }
}
