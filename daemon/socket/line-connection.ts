import type { Socket } from 'node:net';
import { type Line, LineSplitter } from '../../common/line-splitter.js';
import { lineLimit } from '../protocol/lines.js';
import type { Client, Peer } from './caller.js';

/** Answers one line of a client with one line (its end included), or null for none. Never rejects. */
export type AnswerLine = (line: Line, client: Client) => Promise<Buffer | null>;

export interface ConnectionLimits {
  /** Requests that run or whose answers the peer has not read yet; more wait in the kernel. */
  readonly inFlight: number;
  /** Milliseconds without a request. */
  readonly idle: number;
  /** Milliseconds for one line to come in. */
  readonly line: number;
  /** Milliseconds for the peer to read an answer. */
  readonly writing: number;
}

/** Bytes of what nobody asked for that wait for a client to read: sixteen of the longest lines. */
const mostUnread = 16 * lineLimit;

type Waiting = 'idle' | 'line' | 'writing';

/** One client: lines in, answers out, bounded in memory and time. */
export class LineConnection implements Client {
  readonly peer: Peer;
  readonly #socket: Socket;
  readonly #answer: AnswerLine;
  readonly #limits: ConnectionLimits;
  readonly #lines = new LineSplitter(lineLimit);
  readonly #unread: (bytes: number) => void;
  #running = 0;
  #held = 0;
  /** The peer sends no more. */
  #ended = false;
  #waiting: Waiting = 'idle';
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param socket one with `allowHalfOpen`: a client may end its side and still read the answers
   * @param unread told how many bytes wait for the client, whenever that changes
   */
  constructor(
    socket: Socket,
    peer: Peer,
    answer: AnswerLine,
    limits: ConnectionLimits,
    unread: (bytes: number) => void,
  ) {
    this.#socket = socket;
    this.#unread = unread;
    this.peer = peer;
    this.#answer = answer;
    this.#limits = limits;
    socket.on('data', (bytes: Buffer) => {
      this.#lines.push(bytes);
      this.#work();
    });
    socket.on('end', () => {
      this.#ended = true;
      this.#work();
    });
    // A peer that goes away in the middle is no event; `close` follows.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(this.#timer);
      unread(0);
    });
    this.#arm('idle');
  }

  /** Sends what is answered already and closes. */
  close(): void {
    this.#socket.destroySoon();
  }

  /** Closes at once: what the client has not read is gone. */
  drop(): void {
    this.#socket.destroy();
  }

  get closed(): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded;
  }

  send(line: Buffer): boolean {
    if (this.closed) return true;
    this.#write(line, () => this.#watch());
    this.#watch();
    return this.#socket.writableLength <= mostUnread;
  }

  hold(): () => void {
    this.#held += 1;
    return () => {
      this.#held -= 1;
    };
  }

  /** What is answered in one turn goes to the kernel in one go. */
  #together(): void {
    if (this.#socket.writableCorked > 0) return;
    this.#socket.cork();
    process.nextTick(() => {
      this.#socket.uncork();
      // What the kernel took at once has waited for nobody.
      this.#watch();
    });
  }

  /** @param taken called once the kernel has it */
  #write(line: Buffer, taken: () => void): void {
    this.#socket.write(line, () => {
      if (!this.#socket.destroyed) this.#unread(this.#socket.writableLength);
      taken();
    });
    this.#unread(this.#socket.writableLength);
  }

  /** A client that begins or ceases to read, or to send, has the time for that. */
  #watch(): void {
    const waiting = this.#state();
    if (waiting !== this.#waiting && !this.#socket.destroyed) this.#arm(waiting);
  }

  #work(): void {
    let line: Line | null = null;
    while (this.#running < this.#limits.inFlight) {
      line = this.#lines.next();
      if (line === null) break;
      this.#running += 1;
      void this.#serve(line);
    }
    if (this.#running >= this.#limits.inFlight) this.#socket.pause();
    else if (this.#ended) this.#finish();
    else {
      this.#socket.resume();
      this.#watch();
    }
  }

  /** Everything was read: answers what runs still, tells of a line without end, closes. */
  #finish(): void {
    if (this.#running > 0) return;
    if (this.#lines.unfinished) {
      this.#lines.push(Buffer.from('\n'));
      this.#work();
    } else this.#socket.end();
  }

  async #serve(line: Line): Promise<void> {
    const answer = await this.#answer(line, this);
    // Behind the end nothing is written: it would take with it what is on its way.
    if (this.closed) return;
    if (answer === null) this.#done();
    // The place is free once the kernel has taken the answer: a peer that does not read gets no more of them.
    else {
      this.#together();
      this.#write(answer, () => this.#done());
    }
    if (!this.#socket.destroyed) this.#arm(this.#state());
  }

  #done(): void {
    this.#running -= 1;
    if (this.#socket.destroyed) return;
    this.#arm(this.#state());
    this.#work();
  }

  #state(): Waiting {
    if (this.#socket.writableLength > 0) return 'writing';
    return this.#lines.unfinished ? 'line' : 'idle';
  }

  #arm(waiting: Waiting): void {
    // A new timer for each request would cost more than to read it.
    if (waiting === this.#waiting && this.#timer !== undefined) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#waiting = waiting;
    this.#timer = setTimeout(() => this.#expire(), this.#limits[waiting]);
  }

  #expire(): void {
    if (this.#waiting === 'idle' && this.#running + this.#held > 0) this.#arm('idle');
    else if (this.#waiting === 'writing') this.#socket.destroy();
    else this.close();
  }
}
