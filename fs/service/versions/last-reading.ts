import type { Session } from '../session/session.js';

/** What was read from the log last: who asks for the next page of it does not read the log again, unless it has grown. */
export class LastReading<T> {
  readonly #known = new WeakMap<Session, { readonly size: number; readonly of: string; read: Promise<T> }>();

  /** @param of what is read, the same for all pages */
  get(session: Session, of: string, read: () => Promise<T>): Promise<T> {
    const { size } = session.manifest.head;
    const known = this.#known.get(session);
    if (known?.size === size && known.of === of) return known.read;
    const reading = { size, of, read: read() };
    this.#known.set(session, reading);
    reading.read.catch(() => {
      if (this.#known.get(session) === reading) this.#known.delete(session);
    });
    return reading.read;
  }
}
