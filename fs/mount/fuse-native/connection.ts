/** This process's connections to the kernel's FUSE, one descriptor of /dev/fuse each; libfuse opens and closes them. */
import { readFileSync } from 'node:fs';
import { system } from '../../../native/index.js';

/** The number of a descriptor's connection; undefined on kernels that don't tell. */
function connectionOf(fd: number): number | undefined {
  try {
    const line = /^fuse_connection:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'));
    return line === null ? undefined : Number(line[1]);
  } catch {
    return undefined;
  }
}

export class Connection {
  readonly fd: number;
  readonly #number: number | undefined;

  private constructor(fd: number) {
    this.fd = fd;
    this.#number = connectionOf(fd);
  }

  /** The connection of the mount on `device`; where the kernel doesn't tell, the one that was not there `before`. */
  static find(device: number, before: readonly number[]): Connection | undefined {
    const connections = system.fuseFds().map((fd) => new Connection(fd));
    return (
      connections.find((connection) => connection.#number === device) ??
      connections.find(({ fd }) => !before.includes(fd))
    );
  }

  /** False after its end: then the descriptor is closed and may be another file's or mount's. */
  get alive(): boolean {
    return system.fuseFds().includes(this.fd) && connectionOf(this.fd) === this.#number;
  }
}
