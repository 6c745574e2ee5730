/** Connections and recorded messages for the tests of sockets. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, connect, listen, type Server } from '../ipc.js';

export interface Received {
  readonly message: Buffer;
  readonly fds: number[];
}

/** One end of a connection and what it has heard. */
export class End {
  readonly received: Received[] = [];
  readonly closed: Promise<Error | null>;
  connection: Connection | null = null;
  #heard: () => void = () => {};
  #close: (error: Error | null) => void = () => {};

  constructor() {
    this.closed = new Promise((resolve) => {
      this.#close = resolve;
    });
  }

  readonly handlers = {
    message: (message: Buffer, fds: number[]): void => {
      this.received.push({ message, fds });
      this.#heard();
    },
    close: (error: Error | null): void => this.#close(error),
  };

  get socket(): Connection {
    if (this.connection === null) throw new Error('not connected');
    return this.connection;
  }

  /** The first `count` messages, once they are there. */
  async messages(count: number): Promise<readonly Received[]> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
    return this.received;
  }
}

/** A listening server in a directory of its own. */
export class Place {
  readonly directory = mkdtempSync(join(tmpdir(), 'sherin-ipc-'));
  readonly path: string;
  readonly ends: End[] = [];
  readonly server: Server;
  #accepted: () => void = () => {};

  constructor(name = 's', mode = 0o600) {
    this.path = join(this.directory, name);
    this.server = listen(this.path, mode, (connection) => {
      const end = new End();
      end.connection = connection;
      this.ends.push(end);
      this.#accepted();
      return end.handlers;
    });
  }

  /** Connects; the client's and the server's end. */
  async pair(): Promise<[End, End]> {
    const client = new End();
    const number = this.ends.length;
    client.connection = connect(this.path, client.handlers);
    while (this.ends.length <= number) {
      await new Promise<void>((resolve) => {
        this.#accepted = resolve;
      });
    }
    const server = this.ends[number];
    if (server === undefined) throw new Error('not accepted');
    return [client, server];
  }

  remove(): void {
    this.server.close();
    for (const end of this.ends) end.socket.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function openDescriptors(): number {
  return readdirSync('/proc/self/fd').length;
}
