/** One run of sherinctl: where things are, how to print, and the connection to sherin-fs. */
import { lstatSync } from 'node:fs';
import { controlSocket, type Places } from '../common/environment.js';
import { SherinError } from '../common/errors.js';
import { ControlClient } from '../daemon/client/control-client.js';
import type { Output } from './output/output.js';

export class Session {
  readonly places: Places;
  readonly output: Output;
  #client: ControlClient | null = null;

  constructor(places: Places, output: Output) {
    this.places = places;
    this.output = output;
  }

  /**
   * The connection to sherin-fs, made once.
   * @throws SherinError NOT_RUNNING, DENIED, RUNTIME_UNSAFE
   */
  connect(): ControlClient {
    if (this.#client === null) {
      const path = controlSocket(this.places);
      trustSocket(path, this.places);
      this.#client = ControlClient.connect(path);
    }
    return this.#client;
  }

  /** The connection, or null where nobody listens. */
  connectIfRunning(): ControlClient | null {
    try {
      return this.connect();
    } catch (error) {
      if (error instanceof SherinError && error.code === 'NOT_RUNNING') return null;
      throw error;
    }
  }

  /** Ends the connection; the next use makes a new one. */
  close(): void {
    this.#client?.close();
    this.#client = null;
  }
}

/** Secrets go to whoever made the socket: only root, this user or the owner of the vault may have made it. */
function trustSocket(path: string, places: Places): void {
  const owner = ownerOf(path);
  if (owner === undefined || owner === 0 || owner === process.getuid?.()) return;
  if (owner === ownerOf(places.vault)) return;
  throw new SherinError('RUNTIME_UNSAFE', {
    path: places.runtime,
    part: `its socket belongs to uid ${owner}`,
  });
}

function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid;
  } catch {
    return undefined;
  }
}
