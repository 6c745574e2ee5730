import { close } from 'node:fs';
import type { z } from 'zod';
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
  /** Gets the descriptors that come with an answer that is no error, and closes them; what it throws rejects the call. Without it they are closed. */
  readonly taken?: (fds: readonly number[]) => void;
  readonly progress?: (done: number, total: number) => void;
}

type EventListener = (event: FsEvent) => void;

interface Waiting {
  readonly method: ControlMethod;
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
   * @throws SherinError NOT_RUNNING when nobody listens, FS_DENIED when this user may not connect
   */
  static connect(path: string, event: EventListener = () => undefined): ControlClient {
    try {
      return new ControlClient(path, event);
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EACCES' || code === 'EPERM') {
        throw new SherinError('FS_DENIED', { uid: process.getuid?.() ?? -1, path });
      }
      throw new SherinError('NOT_RUNNING', { path }, { cause: error });
    }
  }

  /** User of the process that listens, by the kernel's word. */
  get peerUid(): number {
    return this.#connection.peer.uid;
  }

  /** Calls a method; rejects with the SherinError that sherin-fs answered, NOT_RUNNING where it has ended, FS_FULL where it has turned this connection away, PROTOCOL where what it says is not understood. */
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
      this.#waiting.set(id, { method, resolve, reject, progress, taken });
    });
    const sent = this.#connection.send(message, fds).catch(async (error: unknown) => {
      // The other side has closed it, and may have said why.
      if (systemCode(error) === 'EPIPE') await this.closed;
      throw this.#closed ?? new SherinError('NOT_RUNNING', { path: this.#path }, { cause: error });
    });
    return { sent, answer: answer as Promise<ControlResult<M>> };
  }

  /** Process that listens at the other end, in the kernel's word. */
  get serverPid(): number {
    return this.#connection.peer.pid;
  }

  close(): void {
    this.#connection.close();
  }

  #onMessage(message: Buffer, fds: readonly number[]): void {
    let said: Said;
    try {
      said = read(message);
    } catch (error) {
      closeAll(fds);
      this.#end(new SherinError('PROTOCOL', { part: 'a message that is none of its' }, { cause: error }));
      this.#connection.close();
      return;
    }
    if ('refusal' in said) {
      closeAll(fds);
      this.#end(said.refusal);
      this.#connection.close();
      return;
    }
    if ('response' in said) {
      this.#onResponse(said.response, fds);
      return;
    }
    closeAll(fds);
    if ('event' in said) this.#event(said.event);
    else this.#waiting.get(said.request)?.progress?.(said.done, said.total);
  }

  #onResponse(response: Response, fds: readonly number[]): void {
    const waiting = this.#waiting.get(response.id);
    this.#waiting.delete(response.id);
    if (waiting === undefined || 'error' in response) {
      closeAll(fds);
      if ('error' in response) waiting?.reject(errorOf(response.error.data));
      return;
    }
    const result = controlMethods[waiting.method].result.safeParse(response.result);
    if (!result.success || waiting.taken === undefined) closeAll(fds);
    if (!result.success) {
      const part = `the answer to ${waiting.method}`;
      waiting.reject(new SherinError('PROTOCOL', { part }, { cause: result.error }));
      return;
    }
    try {
      waiting.taken?.(fds);
      waiting.resolve(result.data);
    } catch (error) {
      // The descriptors are not what they were taken for.
      waiting.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #onClose(error: Error | null): void {
    // A message longer than any is cut off by the socket itself.
    const why =
      systemCode(error) === 'EMSGSIZE'
        ? new SherinError('PROTOCOL', { part: 'a message that is too long' }, { cause: error })
        : new SherinError('NOT_RUNNING', { path: this.#path }, { cause: error ?? undefined });
    this.#end(why);
    this.#tellClosed();
  }

  #end(error: Error): void {
    this.#closed ??= error;
    for (const waiting of this.#waiting.values()) waiting.reject(this.#closed);
    this.#waiting.clear();
  }
}

/** An answer to a request. */
type Response = z.infer<typeof responseSchema> & { readonly id: number };
type Said =
  | { readonly response: Response }
  /** It turns this connection away. */
  | { readonly refusal: SherinError }
  | { readonly event: FsEvent }
  | z.infer<typeof progressSchema>['params'];

/** @throws SyntaxError, ZodError, Error */
function read(message: Buffer): Said {
  const value: unknown = JSON.parse(message.toString('utf8'));
  // Each is looked at as what it says it is: a schema that does not fit costs more than one that does.
  const method = methodOf(value);
  if (method === 'progress') return progressSchema.parse(value).params;
  if (method === 'event') return { event: eventSchema.parse(value).params };
  const response = responseSchema.parse(value);
  if (response.id !== null) return { response: response as Response };
  // An answer to no request says that this side was not understood, unless it is about the connection.
  if (!('error' in response) || response.error.data.code !== 'FS_FULL')
    throw new Error('an answer to no request');
  return { refusal: errorOf(response.error.data) };
}

/** Closing one can wait for whoever has made it: not on this thread. */
function closeAll(fds: readonly number[]): void {
  for (const fd of fds) close(fd, () => undefined);
}

function methodOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'method' in value ? value.method : undefined;
}
