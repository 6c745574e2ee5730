/** Descriptors that another process has passed: they may lead to a file system that refuses, waits, or never answers. */

/** A few threads for one client: its files can hold up these, and nothing else. */
export interface Threads {
  /** Ends them; only when nothing is under way. Harmless twice. */
  close(): void;
}

export interface ThreadsConstructor {
  /** 1 to 64 threads, which start with the first work. */
  new (count: number): Threads;
}

/** Part of `system` of the addon. */
export interface PassedDescriptors {
  /**
   * Closes descriptors that came from elsewhere, on a thread of its own: a file system of another process can answer with an
   * error or never. Resolves with the errno names of what failed; all are closed.
   */
  closeAll(fds: readonly number[]): Promise<string[]>;
  /** True for a memory file that can neither be written, grow nor shrink any more; asks no file system. */
  isSealed(fd: number): boolean;
  /** True for a regular file or memory file; asked on a client's threads. */
  isRegular(fd: number, threads: Threads): Promise<boolean>;
  /** Overwrites with zeros what a regular file holds between `at` and `at + length`; holes stay holes. On a client's threads. */
  zeroData(fd: number, at: number, length: number, threads: Threads): Promise<void>;
  /** True when it was opened for writing; asks no file system. */
  isWritable(fd: number): boolean;
}
