import { errorOf, SherinError, systemCode } from '../../common/errors.js';
import { type Connection, connect, messageLimit } from '../../native/ipc.js';
import {
  type ControlMethod,
  type ControlParams,
  type ControlResult,
  controlMethods,
} from '../protocol/control.js';
import { eventSchema, type FsEvent } from '../protocol/events.js';
import { progressSchema, responseSchema } from '../protocol/rpc.js';

export interface CallOptions {
  /** Descriptors that go with the request; the caller closes its own. */
  readonly fds?: readonly number[];
  /** Gets the descriptors that come with the answer, and closes them. */
  readonly taken?: (fds: readonly number[]) => void;
  readonly progress?: (done: number, total: number) => void;
}

type EventListener = (event: FsEvent) => void;

interface Waiting {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly progress: CallOptions['progress'];
  readonly taken: CallOptions['taken'];
}

/** A request on its way. */
export interface Posted<M extends ControlMethod> {
  /** Resolves when the other process has it in its socket, whatever becomes of this one. */
  readonly sent: Promise<void>;
  /** As {@link ControlClient.call}. */
  readonly answer: Promise<ControlResult<M>>;
}

/** A connection to the control socket of sherin-fs. */
export class ControlClient {
  readonly #path: string;
  readonly #connection: Connection;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>;
  #tellClosed: () => void = () => undefined;
  readonly #event: EventListener;
  #nextId = 1;
  #closed: Error | null = null;

  private constructor(path: string, event: EventListener) {
    this.#path = path;
    this.#event = event;
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#connection = connect(path, {
      message: (message, fds) => this.#onMessage(message, fds),
      close: (error) => this.#onClose(error),
    });
  }

  /**
   * @param event told what `watch` asks for
   * @throws SherinError NOT_RUNNING when nobody listens, DENIED when this user may not connect
   */
  static connect(path: string, event: EventListener = () => undefined): ControlClient {
    try {
      return new ControlClient(path, event);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EACCES' || code === 'EPERM') {
        throw new SherinError('DENIED', { uid: process.getuid?.() ?? -1, what: `use ${path}` });
      }
      throw new SherinError('NOT_RUNNING', { path }, { cause: error });
    }
  }

  /** User of the process that listens, by the kernel's word. */
  get peerUid(): number {
    return this.#connection.peer.uid;
  }

  /** Calls a method; rejects with the SherinError that sherin-fs answered, NOT_RUNNING where it has ended. */
  async call<M extends ControlMethod>(
    method: M,
    params: ControlParams<M>,
    options: CallOptions = {},
  ): Promise<ControlResult<M>> {
    const { sent, answer } = this.post(method, params, options);
    const [result] = await Promise.all([answer, sent]);
    return result;
  }

  /** As {@link call}, for who has something to do once it was sent: which is before this returns, where the socket has room. Both are to be waited for. */
  post<M extends ControlMethod>(
    method: M,
    params: ControlParams<M>,
    { fds = [], progress, taken }: CallOptions = {},
  ): Posted<M> {
    if (this.#closed !== null) throw this.#closed;
    const id = this.#nextId++;
    const message = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params }));
    if (message.length > messageLimit) throw new SherinError('PROTOCOL', { part: `${method} is too long` });
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, progress, taken });
    });
    // A failed send also closes the connection, which rejects `answer`.
    const sent = this.#connection.send(message, fds).catch((error: unknown) => {
      throw new SherinError('NOT_RUNNING', { path: this.#path }, { cause: error });
    });
    const { result } = controlMethods[method];
    return { sent, answer: answer.then((value) => result.parse(value) as ControlResult<M>) };
  }

  /** Process that listens at the other end, in the kernel's word. */
  get serverPid(): number {
    return this.#connection.peer.pid;
  }

  close(): void {
    this.#connection.close();
  }

  #onMessage(message: Buffer, fds: readonly number[]): void {
    const value: unknown = JSON.parse(message.toString('utf8'));
    // Each is looked at as what it says it is: a schema that does not fit costs more than one that does.
    const method = methodOf(value);
    if (method === 'progress') {
      const { request, done, total } = progressSchema.parse(value).params;
      this.#waiting.get(request)?.progress?.(done, total);
      return;
    }
    if (method === 'event') {
      this.#event(eventSchema.parse(value).params);
      return;
    }
    const response = responseSchema.parse(value);
    const waiting = response.id === null ? undefined : this.#waiting.get(response.id);
    if (response.id === null || waiting === undefined) return;
    this.#waiting.delete(response.id);
    if (fds.length > 0) waiting.taken?.(fds);
    if ('error' in response) waiting.reject(errorOf(response.error.data));
    else waiting.resolve(response.result);
  }

  #onClose(error: Error | null): void {
    this.#closed = new SherinError('NOT_RUNNING', { path: this.#path }, { cause: error ?? undefined });
    for (const waiting of this.#waiting.values()) waiting.reject(this.#closed);
    this.#waiting.clear();
    this.#tellClosed();
  }
}

function methodOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'method' in value ? value.method : undefined;
}
