import { closeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { systemCode } from '../../common/errors.js';
import { hasEnded, type Peer as KernelPeer, peerOf, peerPidfd } from '../../native/ipc.js';
import type { Peer } from './caller.js';

/** Turns of the event loop, counted while somebody wants to know. */
let turn = 0;
let counting = false;

function thisTurn(): number {
  if (!counting) {
    counting = true;
    setImmediate(() => {
      turn += 1;
      counting = false;
    });
  }
  return turn;
}

/** What a pidfd is where the kernel gives none. */
type Process = { readonly pidfd: number } | 'unknown' | 'ended';

/** Who is at the other end of an accepted connection, in the kernel's word. Closes with it. */
export class StreamPeer implements Peer {
  readonly #peer: KernelPeer;
  #process: Process;
  /** When its process was seen last. */
  #seen = -1;

  /** @throws Error when the socket has no descriptor any more, or the kernel does not tell */
  constructor(socket: Socket) {
    const fd = descriptorOf(socket);
    this.#peer = peerOf(fd);
    this.#process = processOf(fd);
    socket.once('close', () => this.#release());
  }

  get uid(): number {
    return this.#peer.uid;
  }
  get gid(): number {
    return this.#peer.gid;
  }
  get groups(): readonly number[] {
    return this.#peer.groups;
  }
  /** Its process; null once that has ended: another may have the number. Looked at once in a turn of the event loop. */
  get pid(): number | null {
    const process = this.#process;
    if (process === 'ended') return null;
    if (typeof process === 'object' && this.#seen !== thisTurn()) {
      if (hasEnded(process.pidfd)) return null;
      this.#seen = thisTurn();
    }
    return this.#peer.pid;
  }

  #release(): void {
    const process = this.#process;
    this.#process = 'ended';
    if (typeof process === 'object') closeSync(process.pidfd);
  }
}

function processOf(fd: number): Process {
  try {
    return { pidfd: peerPidfd(fd) };
  } catch (error) {
    // An older kernel: the number is all there is.
    return systemCode(error) === 'ENOPROTOOPT' ? 'unknown' : 'ended';
  }
}

/** Node has no public way to the descriptor of an accepted connection; its handle of one has always told it. */
function descriptorOf(socket: Socket): number {
  const { _handle: handle } = socket as { readonly _handle?: { readonly fd?: unknown } | null };
  if (typeof handle?.fd !== 'number' || handle.fd < 0) throw new Error('the connection has no descriptor');
  return handle.fd;
}
