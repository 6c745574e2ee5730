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
      const client = ControlClient.connect(controlSocket(this.places));
      try {
        trust(client.peerUid, this.places);
      } catch (error) {
        client.close();
        throw error;
      }
      this.#client = client;
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

/**
 * Secrets and open files go to whoever listens: only root, this user or the owner of the vault may. The connection is asked,
 * not its name, which can mean another socket a moment later.
 */
function trust(uid: number, places: Places): void {
  if (uid === 0 || uid === process.getuid?.() || uid === ownerOf(places.vault)) return;
  throw new SherinError('RUNTIME_UNSAFE', {
    path: places.runtime,
    part: `its socket belongs to uid ${uid}`,
  });
}

function ownerOf(path: string): number | undefined {
  try {
    return lstatSync(path).uid;
  } catch {
    return undefined;
  }
}
