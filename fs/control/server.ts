import { setTimeout as sleep } from 'node:timers/promises';
import { SherinError, systemCode } from '../../common/errors.js';
import { unlockedMemory } from '../../common/key-memory.js';
import type { Logger } from '../../common/log.js';
import {
  type ControlMethod,
  type ControlRequest,
  type ControlResult,
  controlMethods,
  isControlMethod,
} from '../../daemon/protocol/control.js';
import { type Request, requestSchema, rpcCode } from '../../daemon/protocol/rpc.js';
import { system } from '../../native/index.js';
import {
  adoptListener,
  type Connection,
  type ConnectionHandlers,
  listen,
  messageLimit,
  type Peer,
  type Server,
} from '../../native/ipc.js';

/** What a handler gets besides its parameters. */
export interface Call {
  readonly peer: Peer;
  /**
   * Descriptors of the request; the server closes them after the answer. What they lead to may be a file system of the
   * caller or our own mount: nothing but worker threads may ask it for anything.
   */
  readonly fds: readonly number[];
  /** The same object for all calls of one connection: imports belong to it. */
  readonly connection: object;
  readonly progress: (done: number, total: number) => void;
  /** Has a descriptor go with the answer; it stays its owner's. */
  readonly give: (fd: number) => void;
  /** Tells something that nobody asked for, to the end of the connection; one that does not take it is cut off. */
  readonly notify: (method: string, params: object) => void;
  /** True once the caller has gone: long work stops. */
  readonly cancelled: () => boolean;
}

export type ControlHandlers = {
  readonly [M in ControlMethod]: (params: ControlRequest<M>, call: Call) => Promise<ControlResult<M>>;
};

/** Requests of one connection that run at the same time. */
const inFlightLimit = 128;
const connectionLimit = 256;
const progressEveryMs = 100;
/** Milliseconds for the end of other requests. */
const alonePatience = 5_000;
/** Milliseconds to the next try where no thread can be made. */
const closeAgainMs = 100;
/** Notifications that wait for a client to read. */
const mostUntaken = 256;

/** Answers nobody's request: it is for who is turned away. */
function turnedAway(part: string): Buffer {
  const { message, failure } = new SherinError('FS_FULL', { part });
  return Buffer.from(
    JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: rpcCode.sherin, message, data: failure } }),
  );
}
const outOfDescriptors = turnedAway('it may open no more files');
const outOfPlaces = turnedAway(`${connectionLimit} are open`);

interface ConnectionState {
  open: boolean;
  running: number;
  untaken: number;
}

/** JSON-RPC over the control socket: validation, dispatch, error answers. Knows no vault. */
export class ControlServer {
  readonly #handlers: ControlHandlers;
  readonly #log: Logger;
  readonly #gone: (connection: object) => void;
  readonly #connections = new Map<Connection, ConnectionState>();
  /** Requests wait. */
  #held = false;
  readonly #server: Server;

  /**
   * Listens at `path` (0600).
   * @param gone called when a connection has ended
   * @param listener that another process has bound there: it goes on with that
   */
  constructor(
    path: string,
    handlers: ControlHandlers,
    log: Logger,
    gone: (connection: object) => void,
    listener: number | null = null,
  ) {
    this.#handlers = handlers;
    this.#log = log;
    this.#gone = gone;
    const accept = (connection: Connection) => this.#accept(connection);
    this.#server =
      listener === null
        ? listen(path, 0o600, accept, outOfDescriptors)
        : adoptListener(listener, path, accept, outOfDescriptors);
  }

  /**
   * Runs a step that hands the listening socket to another process, while no request is under way but the one that asks for it. Those that
   * come wait: for that process, or, where the step throws, for this one. @throws SherinError UPGRADE_REFUSED: others do not end
   */
  async alone<T>(step: (listener: number) => Promise<T>): Promise<T> {
    if (this.#held) throw new SherinError('UPGRADE_REFUSED', { part: 'it is being replaced already' });
    this.#held = true;
    // Who connects now waits for whoever listens afterwards.
    this.#server.pause();
    for (const connection of this.#connections.keys()) connection.pause();
    try {
      const end = performance.now() + alonePatience;
      while ([...this.#connections.values()].reduce((sum, { running }) => sum + running, 0) > 1) {
        if (performance.now() > end)
          throw new SherinError('UPGRADE_REFUSED', { part: 'other requests are under way' });
        await sleep(5);
      }
      return await step(this.#server.descriptor());
    } catch (error) {
      this.#held = false;
      this.#server.resume();
      for (const connection of this.#connections.keys()) connection.resume();
      throw error;
    }
  }

  /** As {@link close}, and another process goes on listening. */
  leave(): void {
    this.#server.leave();
    for (const connection of this.#connections.keys()) connection.close();
  }

  /** Stops listening, gives answers under way a moment to leave, and drops the connections. */
  close(): void {
    this.#server.close();
    for (const connection of this.#connections.keys()) connection.close();
  }

  #accept(connection: Connection): ConnectionHandlers {
    if (this.#connections.size >= connectionLimit) {
      setImmediate(() => {
        void connection.send(outOfPlaces).catch(() => undefined);
        connection.close();
      });
      return { message: (_, fds) => void this.#close(fds), close: () => undefined };
    }
    const state = { open: true, running: 0, untaken: 0 };
    this.#connections.set(connection, state);
    return {
      message: (message, fds) => {
        state.running += 1;
        if (state.running >= inFlightLimit) connection.pause();
        // A close under way counts as its request: a client can not pile up descriptors that never close.
        void this.#serve(connection, state, message, fds)
          .finally(() => this.#close(fds))
          .finally(() => {
            state.running -= 1;
            if (state.open && !this.#held && state.running < inFlightLimit) connection.resume();
          });
      },
      close: () => {
        state.open = false;
        this.#connections.delete(connection);
        this.#gone(connection);
      },
    };
  }

  async #serve(
    connection: Connection,
    state: ConnectionState,
    message: Buffer,
    fds: readonly number[],
  ): Promise<void> {
    const request = parseRequest(message);
    if ('error' in request) return this.#answer(connection, state, request);
    const { id, method } = request;
    let last = 0;
    const progress = (done: number, total: number): void => {
      if (!state.open || Date.now() - last < progressEveryMs) return;
      last = Date.now();
      const note = { jsonrpc: '2.0', method: 'progress', params: { request: id, done, total } };
      connection.send(Buffer.from(JSON.stringify(note))).catch(() => undefined);
    };
    const notify = (method: string, params: object) => this.#notify(connection, state, { method, params });
    const given: number[] = [];
    const give = (fd: number): void => void given.push(fd);
    const cancelled = () => !state.open;
    const call = { peer: connection.peer, fds, connection, progress, give, notify, cancelled };
    try {
      const result = await this.#dispatch(method, request.params, call);
      return this.#answer(connection, state, { jsonrpc: '2.0', id, result }, given);
    } catch (error) {
      return this.#answer(connection, state, { jsonrpc: '2.0', id, error: this.#errorAnswer(error, method) });
    }
  }

  #notify(connection: Connection, state: ConnectionState, note: object): void {
    if (!state.open) return;
    state.untaken += 1;
    if (state.untaken > mostUntaken) {
      connection.close();
      return;
    }
    void connection
      .send(Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...note })))
      .catch(() => undefined)
      .finally(() => {
        state.untaken -= 1;
      });
  }

  /** Closing a client's descriptor can fail, or wait for a file system that does not answer: neither is ours to mind. Where there can be no thread for it, it waits for one. */
  async #close(fds: readonly number[]): Promise<void> {
    if (fds.length === 0) return;
    for (let tries = 0; ; tries++) {
      try {
        const failures = await system.closeAll(fds);
        if (failures.length > 0) this.#log.warn({ failures }, 'closing descriptors of a client failed');
        return;
      } catch (error) {
        if (tries === 0) this.#log.warn({ err: error }, 'descriptors of a client are not closed yet');
        if (systemCode(error) !== 'EAGAIN') return;
        await sleep(closeAgainMs);
      }
    }
  }

  async #dispatch(name: string, params: unknown, call: Call): Promise<unknown> {
    if (!isControlMethod(name)) throw new SherinError('PROTOCOL', { part: `unknown method ${name}` });
    const method = controlMethods[name];
    const [least, most] = method.fds;
    if (call.fds.length < least || call.fds.length > most) {
      throw new SherinError('PROTOCOL', { part: `${name} takes ${least} to ${most} descriptors` });
    }
    const parsed = method.params.safeParse(params);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      const where = issue?.path.join('.') ?? '';
      throw new SherinError('PROTOCOL', {
        part: `${name}: ${where === '' ? '' : `${where}: `}${issue?.message}`,
      });
    }
    const handler = this.#handlers[name] as (params: unknown, call: Call) => Promise<unknown>;
    return handler(parsed.data, call);
  }

  #errorAnswer(error: unknown, method: string): object {
    const known = error instanceof SherinError ? error : unlockedMemory(error);
    if (known !== null) return { code: rpcCode.sherin, message: known.message, data: known.failure };
    this.#log.error({ err: error, method }, 'a control method failed unexpectedly');
    const context = { what: method, part: 'an internal error' };
    return { code: rpcCode.sherin, message: `${method} failed`, data: { code: 'IO', context } };
  }

  async #answer(
    connection: Connection,
    state: { readonly open: boolean },
    answer: object,
    fds: readonly number[] = [],
  ): Promise<void> {
    if (!state.open) return;
    let bytes = Buffer.from(JSON.stringify(answer));
    if (bytes.length > messageLimit) {
      this.#log.error({ bytes: bytes.length }, 'an answer is too long for the control socket');
      const id = 'id' in answer ? answer.id : null;
      const error = this.#errorAnswer(new SherinError('PROTOCOL', { part: 'the answer is too long' }), '');
      bytes = Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, error }));
    }
    await connection.send(bytes, fds).catch(() => undefined);
  }
}

function parseRequest(message: Buffer): Request | { jsonrpc: '2.0'; id: null; error: object } {
  const refuse = (code: number, part: string) => ({
    jsonrpc: '2.0' as const,
    id: null,
    error: { code, message: part, data: { code: 'PROTOCOL', context: { part } } },
  });
  let value: unknown;
  try {
    value = JSON.parse(message.toString('utf8'));
  } catch {
    return refuse(rpcCode.parse, 'not JSON');
  }
  const request = requestSchema.safeParse(value);
  return request.success ? request.data : refuse(rpcCode.invalidRequest, 'not a JSON-RPC 2.0 request');
}
