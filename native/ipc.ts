/**
 * Typed surface of the addon `sherin_ipc`: Unix sockets of type SOCK_SEQPACKET with peer credentials and passed
 * descriptors, datagram sockets with the credentials of each sender, and secrets typed at a terminal. It holds no key and no cipher; `cli/` and `daemon/` may import it.
 */
import type { Buffer } from 'node:buffer';
import { loadAddon } from './load.js';

/** The kernel's word on who is at the other end (SO_PEERCRED, SO_PEERGROUPS). */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** One connection. Messages keep their boundaries; each is at most {@link messageLimit} bytes and 64 descriptors. */
export interface Connection {
  readonly peer: Peer;
  /** Queues a message. The descriptors are duplicated by the kernel; the caller keeps and closes its own after the promise. */
  send(message: Buffer, fds?: readonly number[]): Promise<void>;
  /** Stops reading (back-pressure) and starts again. */
  pause(): void;
  resume(): void;
  /** Closes; queued messages are dropped. */
  close(): void;
}

export interface ConnectionHandlers {
  /** The receiver owns `fds` (O_CLOEXEC) and closes them. An oversize or truncated message closes the connection with EMSGSIZE. */
  readonly message: (message: Buffer, fds: number[]) => void;
  /** Called once. */
  readonly close: (error: Error | null) => void;
}

export interface Server {
  /** Stops listening, removes the socket file; connections stay until closed. */
  close(): void;
  /** The listening socket, for another process; it is the server's. */
  descriptor(): number;
  /** Takes no connections, which wait, and takes them again. */
  pause(): void;
  resume(): void;
  /** As {@link close}, and leaves the socket's file to who has the listening socket. */
  leave(): void;
}

/** The kernel's word on who sent a datagram (SCM_CREDENTIALS); pid 0 for a process that can't be seen from here. */
export interface Sender {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** It was sent through the pair's other end, which only those have to whom it was handed on. */
  readonly fromPeer: boolean;
}

/** One end of a pair of datagram sockets, each with a path. */
export interface DatagramSocket {
  /**
   * Descriptor (O_CLOEXEC) of the other end, for the process that is to have it; the caller closes it once it was handed
   * on. It sends to this end and takes from no other.
   */
  readonly peerFd: number;
  /** Sends to the other end; false when its queue is full. Throws with code EPIPE, EMSGSIZE, ECONNREFUSED… */
  send(message: Buffer): boolean;
  /** Closes this end; the files of both stay. */
  close(): void;
}

export interface DatagramHandlers {
  readonly message: (message: Buffer, sender: Sender) => void;
  /** One that was not delivered: longer than the limit, or with descriptors, which the kernel has closed. */
  readonly refused: (reason: 'oversize' | 'descriptors', sender: Sender) => void;
}

/** A count of changes in a page of memory of its own, which others can only read. */
export interface GenerationPage {
  /** For who is to read it (O_CLOEXEC); it is the page's. Nobody can write through it. */
  descriptor(): number;
  /** The present count, from 1; 0 once it was ended. */
  value(): number;
  /** Counts one more. */
  next(): void;
  /** There is no next one. */
  end(): void;
}

/** The count of another process's page. */
export interface GenerationView {
  /** As the page has it at this moment; 0 once either was ended. */
  value(): number;
  close(): void;
}

interface Addon {
  /**
   * Listens at a path (mode set before it is reachable: created under a private umask). `accept` gets each connection and
   * returns its handlers. A dead socket file (nobody listens) is replaced; a live one throws EADDRINUSE. `full`: what those are told, before they
   * are turned away, for whom this process has no descriptor left.
   */
  listen(
    path: string,
    mode: number,
    accept: (connection: Connection) => ConnectionHandlers,
    full?: Buffer,
  ): Server;
  /**
   * Goes on listening at a socket that another process has bound to the path; the server owns the descriptor. Who connects from now on sees
   * this process as its peer. Throws with an errno code.
   */
  adoptListener(
    fd: number,
    path: string,
    accept: (connection: Connection) => ConnectionHandlers,
    full?: Buffer,
  ): Server;
  /** Two connected ends (O_CLOEXEC), of which another process is to inherit one. */
  pair(): [own: number, other: number];
  /** The connection of a connected end, which owns it. Throws with an errno code. */
  attach(fd: number, handlers: ConnectionHandlers): Connection;
  /** Connects; throws with code ENOENT, ECONNREFUSED, EACCES…. */
  connect(path: string, handlers: ConnectionHandlers): Connection;
  /**
   * Binds two SOCK_DGRAM sockets, mode 0600; neither path may exist. Anybody who may write to `path` can send to it, and is told
   * by the kernel's credentials. `limit` is in bytes, 1 to 65536, for both directions. Throws with an errno code.
   */
  bindDatagrams(path: string, peerPath: string, limit: number, handlers: DatagramHandlers): DatagramSocket;
  /** A page with a new count. Throws with an errno code. */
  generationPage(): GenerationPage;
  /** Maps another process's page; the caller closes its descriptor. Throws with an errno code, EINVAL for what is no such page. */
  generationView(fd: number): GenerationView;
  /** An anonymous memory file (memfd_create, CLOEXEC, sealed against growth at `size` when given). */
  memfd(name: string, size: number): number;
  /** Keeps a memory file as it is from now on: who gets it can read it without waiting for anybody. Throws with an errno code. */
  sealMemfd(fd: number): void;
  /** A memory file of 1 to 1024 bytes for a secret: in locked memory of this process until closed by {@link closeSecretMemfd}. Throws with an errno code, with syscall `mlock` where it can not be locked. */
  secretMemfd(size: number): number;
  /** Closes the memory file of a secret. */
  closeSecretMemfd(fd: number): void;
  /** Prompts on a terminal with echo off and returns a sealed memfd, as {@link secretMemfd}, with the line typed (without line end), positioned at 0. */
  readSecretToMemfd(terminalFd: number, prompt: string): number;
  /**
   * Copies what a descriptor gives up to its end, at most 1024 bytes, into a sealed memfd, as {@link secretMemfd}, positioned at 0; waits for a pipe.
   * Throws with an errno code, EMSGSIZE for more.
   */
  copySecretToMemfd(fd: number): number;
  messageLimit: number;
  /** Who is at the other end of a connected Unix socket: as it was when it connected. Throws with an errno code. */
  peerOf(fd: number): Peer;
  /**
   * A descriptor of that process (SO_PEERPIDFD, Linux 6.5), which the caller closes. Throws with code ENOPROTOOPT where the
   * kernel has none, another when the process is gone.
   */
  peerPidfd(fd: number): number;
  /** True once the process of a pidfd has ended, whoever has its number since. Throws with an errno code. */
  hasEnded(pidfd: number): boolean;
  /**
   * Takes over a socket that was open when this process began: a listening Unix stream socket, closed in programs that are
   * started from now on. Throws with code EBADF, ENOTSOCK, EAFNOSUPPORT (no Unix socket), EPROTOTYPE (no stream), EINVAL (it does not listen).
   */
  claimListener(fd: number): void;
  /**
   * Extended attributes of a path, links not followed: names and values. Leaves out `user.sherin.*`, ACLs and what this
   * user may not read; `security.*` comes for root only. Throws with an errno code.
   */
  xattrs(path: Buffer): [name: Buffer, value: Buffer][];
  /** Sets one extended attribute of a path, links not followed, or of what a descriptor was opened for, also with O_PATH. Throws with an errno code. */
  setXattr(file: Buffer | number, name: Buffer, value: Buffer): void;
  /** Sets both times in nanoseconds since 1970 of a path, links not followed, or of what a descriptor was opened for, also with O_PATH. Throws with an errno code. */
  setTimes(file: Buffer | number, atime: bigint, mtime: bigint): void;
  /** Makes a FIFO or socket inode; the mode's low 12 bits less the umask. Throws with an errno code. */
  makeNode(path: Buffer, kind: 'fifo' | 'socket', mode: number): void;
}

const addon = loadAddon('sherin_ipc') as Addon;

export const listen: Addon['listen'] = addon.listen;
export const adoptListener: Addon['adoptListener'] = addon.adoptListener;
export const pair: Addon['pair'] = addon.pair;
export const attach: Addon['attach'] = addon.attach;
export const connect: Addon['connect'] = addon.connect;
export const bindDatagrams: Addon['bindDatagrams'] = addon.bindDatagrams;
export const generationPage: Addon['generationPage'] = addon.generationPage;
export const generationView: Addon['generationView'] = addon.generationView;
export const memfd: Addon['memfd'] = addon.memfd;
export const sealMemfd: Addon['sealMemfd'] = addon.sealMemfd;
export const secretMemfd: Addon['secretMemfd'] = addon.secretMemfd;
export const closeSecretMemfd: Addon['closeSecretMemfd'] = addon.closeSecretMemfd;
export const readSecretToMemfd: Addon['readSecretToMemfd'] = addon.readSecretToMemfd;
export const copySecretToMemfd: Addon['copySecretToMemfd'] = addon.copySecretToMemfd;
/** Bytes of the largest message: 131072. */
export const messageLimit: number = addon.messageLimit;
export const xattrs: Addon['xattrs'] = addon.xattrs;
export const setXattr: Addon['setXattr'] = addon.setXattr;
export const setTimes: Addon['setTimes'] = addon.setTimes;
export const makeNode: Addon['makeNode'] = addon.makeNode;
export const peerOf: Addon['peerOf'] = addon.peerOf;
export const peerPidfd: Addon['peerPidfd'] = addon.peerPidfd;
export const claimListener: Addon['claimListener'] = addon.claimListener;
export const hasEnded: Addon['hasEnded'] = addon.hasEnded;
