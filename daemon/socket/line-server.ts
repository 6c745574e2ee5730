import { chownSync, linkSync, lstatSync, renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { SherinError, systemCode } from '../../common/errors.js';
import type { Logger } from '../../common/log.js';
import { UserDatabase } from '../../common/user-database.js';
import { claimListener } from '../../native/ipc.js';
import { ConnectionShares, type ShareLimits } from './connection-shares.js';
import { FairQueue, type QueueLimits } from './fair-queue.js';
import { type AnswerLine, type ConnectionLimits, LineConnection } from './line-connection.js';
import { mostConnections } from './open-files.js';
import { StreamPeer } from './stream-peer.js';
import { UnreadBytes } from './unread-bytes.js';

export interface SocketLimits extends ConnectionLimits, QueueLimits, ShareLimits {
  /** Bytes that wait for connections of one user to read. */
  readonly unreadPerUser: number;
}

export const socketLimits: SocketLimits = {
  connections: 1024,
  reserved: 64,
  connectionsPerUser: 256,
  unreadPerUser: 4 * 1024 * 1024,
  // Less than sherin-fs takes from one connection (128): what runs here never waits in that socket. Enough that both are at work at the same time.
  running: 96,
  runningPerUser: 16,
  inFlight: 64,
  idle: 300_000,
  line: 30_000,
  writing: 30_000,
};

export interface LineServerOptions {
  readonly path: string;
  /** Descriptor of a socket that listens at `path` already, and stays when this server ends; none: it is made here. */
  readonly inherited?: number | undefined;
  readonly answer: AnswerLine;
  /** The line for whom there is no place. */
  readonly busy: Buffer;
  /** Told of each of those. */
  readonly refused?: () => void;
  readonly log: Logger;
  readonly limits?: SocketLimits;
}

/** Members of this group may connect to root's socket. */
const group = 'sherin';

/** A Unix stream socket of mode 0660 over which lines are answered with lines. Knows neither JSON nor methods. */
export class LineServer {
  readonly #server: Server;
  readonly #connections = new Set<LineConnection>();
  readonly #options: LineServerOptions;
  readonly #limits: SocketLimits;
  readonly #queue: FairQueue;
  readonly #shares: ConnectionShares;
  readonly #unread: UnreadBytes;

  private constructor(options: LineServerOptions) {
    this.#options = options;
    const limits = options.limits ?? socketLimits;
    // Whom the system refuses a descriptor for is closed without a word.
    this.#limits = { ...limits, connections: Math.min(limits.connections, mostConnections()) };
    this.#queue = new FairQueue(this.#limits);
    this.#shares = new ConnectionShares(this.#limits);
    this.#unread = new UnreadBytes(this.#limits.unreadPerUser);
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#accept(socket));
  }

  /**
   * Listens; the file of a server that died is replaced.
   * @throws SherinError DAEMON_RUNNING when another one answers there, IO
   */
  static async listen(options: LineServerOptions): Promise<LineServer> {
    const { path, log } = options;
    const server = new LineServer(options);
    try {
      if (options.inherited !== undefined) await server.#takeOver(options.inherited);
      else
        await server.#bind().catch(async (error: unknown) => {
          if (systemCode(error) !== 'EADDRINUSE') throw error;
          await removeDead(path);
          await server.#bind();
        });
    } catch (error) {
      if (error instanceof SherinError) throw error;
      if (systemCode(error) === 'EADDRINUSE') throw new SherinError('DAEMON_RUNNING', { path });
      const part = error instanceof Error ? error.message : String(error);
      throw new SherinError('IO', { what: 'listening', part }, { cause: error });
    }
    server.#server.on('error', (error) => log.error({ err: error }, 'the socket failed'));
    return server;
  }

  /** Stops listening, removes the socket's file (not that of an inherited one), sends what is answered already and closes the connections. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const connection of this.#connections) connection.close();
    await closed;
  }

  /** Mode and group of its file are the affair of whoever made it. @throws SherinError SOCKET_PASSED */
  async #takeOver(fd: number): Promise<void> {
    try {
      claimListener(fd);
    } catch (error) {
      const part = `descriptor ${fd} is no listening Unix stream socket (${systemCode(error)})`;
      throw new SherinError('SOCKET_PASSED', { part }, { cause: error });
    }
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ fd }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  }

  async #bind(): Promise<void> {
    const server = this.#server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      // Node binds before `listen` returns: the file never has another mode.
      const before = process.umask(0o117);
      server.listen(this.#options.path, socketLimits.connections, () => {
        server.off('error', reject);
        resolve();
      });
      process.umask(before);
    });
    const gid = process.getuid?.() === 0 ? new UserDatabase().groupId(group) : null;
    if (gid !== null) chownSync(this.#options.path, 0, gid);
  }

  #accept(socket: Socket): void {
    const peer = this.#peerOf(socket);
    if (peer === null) return;
    if (!this.#shares.take(peer.uid)) {
      this.#options.refused?.();
      socket.on('error', () => undefined);
      // The kernel has the line when this returns. Not later: many who come at once would have all descriptors meanwhile.
      socket.write(this.#options.busy);
      socket.destroy();
      return;
    }
    // Whoever has gone before his turn came wants no answer.
    const answer: AnswerLine = (line, client) =>
      this.#queue.run(peer.uid, () => (client.closed ? null : this.#options.answer(line, client)));
    const connection: LineConnection = new LineConnection(socket, peer, answer, this.#limits, (bytes) =>
      this.#unread.note(peer.uid, connection, bytes),
    );
    this.#connections.add(connection);
    socket.on('close', () => {
      this.#connections.delete(connection);
      this.#shares.give(peer.uid);
    });
  }

  /** A connection whose peer the kernel does not tell is closed: nothing is answered to nobody. */
  #peerOf(socket: Socket): StreamPeer | null {
    try {
      return new StreamPeer(socket);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'the peer of a connection is not known');
      socket.destroy();
      return null;
    }
  }
}

/**
 * Removes the socket file of a server that died. It is moved aside first and asked there: of several that find it at the
 * same time one gets it, and a living one that came between is put back.
 */
async function removeDead(path: string): Promise<void> {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSocket() === false) {
    throw new SherinError('IO', { what: `listening at ${path}`, part: 'what stands there is no socket' });
  }
  if (await answers(path)) throw new SherinError('DAEMON_RUNNING', { path });
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  const alive = await answers(aside);
  try {
    if (alive) linkSync(aside, path);
  } finally {
    rmSync(aside);
  }
  if (alive) throw new SherinError('DAEMON_RUNNING', { path });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const settle = (alive: boolean): void => {
      socket.destroy();
      resolve(alive);
    };
    socket.once('connect', () => settle(true));
    socket.once('error', (error: NodeJS.ErrnoException) =>
      settle(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}
