/**
 * Sockets in front of a swtpm's that count the commands that pass, and stop everything at one of them: before the TPM gets it, or before its answer is given.
 * Or they answer with an error in the place of the TPM, which does not get the command.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { Swtpm } from '../../native/tpm/swtpm.fixture.js';

/** Command codes (TPM 2.0 Part 2, 6.5.2). */
export const nvIncrement = 0x134;

/** Answer of a TPM in failure mode to nearly every command (TPM 2.0 Part 1, 12.4; Part 2, 6.6.3). */
const failure = 0x101;

export function commandCode(command: Buffer): number {
  return command.length >= 10 ? command.readUInt32BE(6) : 0;
}

export interface Stop {
  readonly code: number;
  readonly where: 'before' | 'after';
}

/** An answer without sessions: its tag, its length, and the code. */
const failed = Buffer.from([0x80, 0x01, 0, 0, 0, 10, 0, 0, failure >> 8, failure & 0xff]);

export class TpmGate {
  readonly #path: string;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();
  #commands: number[] = [];
  #stop: (Stop & { readonly reached: () => void }) | null = null;
  #refuses: (command: Buffer) => boolean = () => false;

  private constructor(path: string) {
    this.#path = path;
  }

  static async before(swtpm: Swtpm): Promise<TpmGate> {
    const gate = new TpmGate(join(swtpm.directory, 'gate'));
    await gate.#listen(gate.#path, swtpm.path, true);
    await gate.#listen(`${gate.#path}.ctrl`, `${swtpm.path}.ctrl`, false);
    return gate;
  }

  get tcti(): string {
    return `swtpm:path=${this.#path}`;
  }

  /** How many commands with a code have reached the TPM since this was asked last. */
  passed(code: number): number {
    const count = this.#commands.filter((each) => each === code).length;
    this.#commands = [];
    return count;
  }

  /** Resolves at the next command with this code, which goes no further until {@link open}. */
  stopAt(stop: Stop): Promise<void> {
    return new Promise((reached) => {
      this.#stop = { ...stop, reached };
    });
  }

  /** From now on the TPM fails at these commands. @returns how often it has, so far */
  refuse(refuses: (command: Buffer) => boolean): () => number {
    let refused = 0;
    this.#refuses = (command) => {
      const is = refuses(command);
      if (is) refused += 1;
      return is;
    };
    return () => refused;
  }

  /** The TPM works again. */
  heal(): void {
    this.#refuses = () => false;
  }

  /** Cuts whoever waits, and lets the next ones through. */
  open(): void {
    this.#stop = null;
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.open();
    for (const server of this.#servers) server.close();
  }

  async #listen(path: string, target: string, watched: boolean): Promise<void> {
    const server = createServer((client) => {
      const tpm = connect(target);
      for (const socket of [client, tpm]) {
        this.#sockets.add(socket);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => {
          this.#sockets.delete(socket);
          client.destroy();
          tpm.end();
        });
      }
      let answerHeld = false;
      // A client sends one command, whole, and waits for its answer.
      client.on('data', (command: Buffer) => {
        const code = watched ? commandCode(command) : 0;
        const stop = this.#stop?.code === code ? this.#stop : null;
        if (stop?.where === 'before') {
          stop.reached();
          return;
        }
        if (watched && this.#refuses(command)) {
          client.write(failed);
          return;
        }
        this.#commands.push(code);
        answerHeld = stop !== null;
        tpm.write(command);
      });
      tpm.on('data', (answer: Buffer) => {
        if (answerHeld) this.#stop?.reached();
        else client.write(answer);
      });
    });
    this.#servers.push(server);
    server.listen(path);
    await once(server, 'listening');
  }
}
