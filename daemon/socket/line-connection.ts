import type { Socket } from 'node:net';
import { type Line, LineSplitter } from '../../common/line-splitter.js';
import { lineLimit } from '../protocol/lines.js';
import type { Client, Peer } from './caller.js';

/** Answers one line of a client with one line (its end included), or null for none, at once or later. Never rejects. */
export type AnswerLine = (line: Line, client: Client) => Buffer | null | Promise<Buffer | null>;

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
  /** Lines are being begun. */
  #working = false;
  /** Of this turn of the event loop: they go to the kernel in one go. */
  #answers: Buffer[] = [];
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
    this.#flush();
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
    // What was answered before comes before it.
    this.#flush();
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

  /** Writes what was answered in this turn. */
  #flush(): void {
    const answers = this.#answers;
    if (answers.length === 0) return;
    this.#answers = [];
    // Behind the end nothing is written: it would take with it what is on its way.
    if (this.closed) return;
    const [one] = answers;
    // Their places are free once the kernel has taken them: a peer that does not read gets no more of them.
    const line = answers.length === 1 && one !== undefined ? one : Buffer.concat(answers);
    this.#write(line, () => this.#done(answers.length));
    if (!this.#socket.destroyed) this.#arm(this.#state());
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
    // What is answered at once frees its place within.
    if (this.#working) return;
    this.#working = true;
    while (this.#running < this.#limits.inFlight) {
      const line = this.#lines.next();
      if (line === null) break;
      this.#running += 1;
      this.#serve(line);
    }
    this.#working = false;
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

  #serve(line: Line): void {
    const answer = this.#answer(line, this);
    if (answer instanceof Promise) void answer.then((given) => this.#give(given));
    else this.#give(answer);
  }

  #give(answer: Buffer | null): void {
    if (this.closed) return;
    if (answer === null) {
      this.#done(1);
      return;
    }
    if (this.#answers.length === 0) process.nextTick(() => this.#flush());
    this.#answers.push(answer);
  }

  /** @param requests that have their answers */
  #done(requests: number): void {
    this.#running -= requests;
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
