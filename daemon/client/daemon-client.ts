/** A client of sherind's socket: `import { DaemonClient } from 'sherin/client'`. */
import { connect, type Socket } from 'node:net';
import type { z } from 'zod';
import { SherinError } from '../../common/errors.js';
import { type Line, LineSplitter } from '../../common/line-splitter.js';
import {
  type DaemonMethod,
  type DaemonNotification,
  type DaemonParams,
  type DaemonResult,
  daemonMethods,
  daemonNotifications,
  type NotificationParams,
} from '../protocol/daemon.js';
import { daemonNotificationSchema, daemonResponseSchema, lineLimit } from '../protocol/lines.js';

/** An error that sherind answered. */
export class DaemonError extends Error {
  /** Name of an errno, such as `ENOENT`. */
  readonly code: string;
  /** The object it is about. */
  readonly id: string | undefined;

  constructor(message: string, code: string, id?: string) {
    super(message);
    this.name = 'DaemonError';
    this.code = code;
    this.id = id;
  }
}

/** What sherind says without being asked. */
export type Notification = {
  [N in DaemonNotification]: { readonly method: N; readonly params: NotificationParams<N> };
}[DaemonNotification];

export interface DaemonClientOptions {
  readonly notified?: (notification: Notification) => void;
  /** Milliseconds for an answer, after which the connection is closed; none: as long as it takes. */
  readonly patience?: number;
}

interface Waiting {
  readonly method: DaemonMethod;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** One connection. Requests are answered in any order. */
export class DaemonClient {
  readonly #socket: Socket;
  readonly #options: DaemonClientOptions;
  readonly #waiting = new Map<number, Waiting>();
  /** Resolves when the connection has ended, from either side. */
  readonly closed: Promise<void>;
  #nextId = 1;
  #closed: Error | null = null;

  private constructor(socket: Socket, options: DaemonClientOptions) {
    this.#socket = socket;
    this.#options = options;
    const lines = new LineSplitter(lineLimit);
    socket.on('data', (chunk: Buffer) =>
      this.#guard(() => {
        lines.push(chunk);
        for (let line = lines.next(); line !== null; line = lines.next()) this.#heard(line);
      }),
    );
    socket.on('end', () =>
      this.#guard(() => {
        if (lines.unfinished) throw misunderstood('half a line');
      }),
    );
    socket.on('error', (error) => this.#end(error));
    socket.on('timeout', () => {
      this.#end(new Error('sherind does not answer'));
      this.close();
    });
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#end(new Error('sherind has closed the connection'));
        resolve();
      });
    });
  }

  /** @param path of sherind.sock. @throws Error of Node, such as ENOENT or EACCES */
  static connect(path: string, options: DaemonClientOptions = {}): Promise<DaemonClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(path, () => {
        socket.off('error', reject);
        resolve(new DaemonClient(socket, options));
      }).once('error', reject);
    });
  }

  /** @throws DaemonError as sherind answers; SherinError PROTOCOL where what comes is not understood; Error when the connection has ended */
  call<M extends DaemonMethod>(
    method: M,
    ...[params]: Record<string, never> extends DaemonParams<M>
      ? [params?: DaemonParams<M>]
      : [params: DaemonParams<M>]
  ): Promise<DaemonResult<M>> {
    if (this.#closed !== null) return Promise.reject(this.#closed);
    const id = this.#nextId++;
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { method, resolve, reject });
    });
    this.#socket.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params })}\n`);
    this.#watch();
    return answer as Promise<DaemonResult<M>>;
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Time runs while somebody waits. */
  #watch(): void {
    const { patience = 0 } = this.#options;
    this.#socket.setTimeout(this.#waiting.size > 0 ? patience : 0);
  }

  /** What the rest means is not known where something of it is not understood. */
  #guard(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#end(error instanceof Error ? error : new Error(String(error)));
      this.close();
    }
  }

  /** @throws SherinError PROTOCOL */
  #heard(line: Line): void {
    if (this.#socket.destroyed) return;
    const said = read(line);
    if ('method' in said) this.#notified(said);
    else this.#answered(said);
  }

  #notified({ method, params }: { readonly method: string; readonly params: unknown }): void {
    if (!Object.hasOwn(daemonNotifications, method)) return;
    const name = method as DaemonNotification;
    const known = daemonNotifications[name].params.safeParse(params);
    if (!known.success) throw misunderstood(`the notification ${name}`, known.error);
    this.#options.notified?.({ method: name, params: known.data } as Notification);
  }

  #answered(response: ReturnType<typeof daemonResponseSchema.parse>): void {
    if (response.id === null) {
      // It is about no request of ours: there is no place for this connection, or it has been misunderstood.
      if ('error' in response) this.#end(new DaemonError(response.error.message, response.error.data.code));
      return;
    }
    const waiting = this.#waiting.get(Number(response.id));
    if (waiting === undefined) return;
    this.#waiting.delete(Number(response.id));
    this.#watch();
    if ('error' in response) {
      const { message, data } = response.error;
      waiting.reject(new DaemonError(message, data.code, data.id));
      return;
    }
    const result = daemonMethods[waiting.method].result.safeParse(response.result);
    if (result.success) waiting.resolve(result.data);
    else waiting.reject(misunderstood(`the answer to ${waiting.method}`, result.error));
  }

  #end(error: Error): void {
    this.#closed ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#closed);
    this.#waiting.clear();
  }
}

type Said = z.infer<typeof daemonNotificationSchema> | z.infer<typeof daemonResponseSchema>;

/** @throws SherinError PROTOCOL */
function read(line: Line): Said {
  if (line === 'too-long') throw misunderstood('a line that is too long');
  try {
    const value: unknown = JSON.parse(line.toString('utf8'));
    const notification = daemonNotificationSchema.safeParse(value);
    return notification.success ? notification.data : daemonResponseSchema.parse(value);
  } catch (error) {
    throw misunderstood('a line that is none of its', error);
  }
}

function misunderstood(part: string, cause?: unknown): SherinError {
  return new SherinError('PROTOCOL', { part }, { cause });
}
