/** A client of a line socket that costs as little as it can: lines out, lines in, bytes counted. */
import { connect, type Socket } from 'node:net';

const lineEnd = 0x0a;

export interface Pipeline {
  readonly most: number;
  readonly depth: number;
  readonly milliseconds: number;
}

export class LineClient {
  readonly #socket: Socket;
  #rest: Buffer = Buffer.alloc(0);
  #taken: (line: Buffer) => void = () => undefined;
  #fail: (error: Error) => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#read(bytes));
    socket.on('close', () => this.#fail(new Error('the connection has ended')));
    socket.on('error', (error) => this.#fail(error));
  }

  /** Connects as a user, whom the kernel names to the other end. */
  static connect(path: string, uid: number): Promise<LineClient> {
    return new Promise((resolve, reject) => {
      // The kernel notes who it is while Node is in this call.
      process.seteuid?.(uid);
      const socket = connect(path);
      process.seteuid?.(0);
      socket.once('error', reject).once('connect', () => resolve(new LineClient(socket)));
    });
  }

  /** The next line after this one that is meant; one at a time. */
  ask(line: Buffer, isMeant: (answer: Buffer) => boolean = () => true): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      this.#taken = (answer) => {
        if (isMeant(answer)) resolve(answer);
      };
      this.#fail = reject;
      this.#socket.write(line);
    });
  }

  /**
   * Sends a line again and again, `depth` of them under way at any time: `most` times, or until the time is over.
   * @param check sees each answer @returns how many were answered
   */
  pipeline(
    line: Buffer,
    { most, depth, milliseconds }: Pipeline,
    check: (answer: Buffer) => void,
  ): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = performance.now() + milliseconds;
      let [sent, answered] = [Math.min(depth, most), 0];
      this.#fail = reject;
      this.#taken = (answer) => {
        answered += 1;
        try {
          check(answer);
        } catch (error) {
          reject(error as Error);
        }
        if (sent < most && performance.now() < end) {
          sent += 1;
          this.#socket.write(line);
        } else if (answered === sent) resolve(answered);
      };
      for (let first = 0; first < sent; first++) this.#socket.write(line);
    });
  }

  close(): void {
    this.#fail = () => undefined;
    this.#socket.destroy();
  }

  #read(bytes: Buffer): void {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    for (let end = this.#rest.indexOf(lineEnd); end >= 0; end = this.#rest.indexOf(lineEnd)) {
      const line = this.#rest.subarray(0, end + 1);
      this.#rest = this.#rest.subarray(end + 1);
      this.#taken(line);
    }
  }
}
