/** One way to keep files that is measured beside the others. */
export interface Store {
  /** Column of the report. */
  readonly name: string;
  /** It holds nothing but zeros, whatever was brought in. */
  readonly zerosOnly?: boolean;
  /** Makes the store below an empty directory and mounts it. */
  open(directory: string): Promise<void>;
  /** Brings a file or tree in under a name of its top level; returns when it is durable. */
  bring(source: string, name: string): Promise<void>;
  /** Path at which programs read what was brought in under this name. */
  path(name: string): string;
  /** Returns when what programs have written is durable. */
  settle(): Promise<void>;
  /** Returns when it has nothing left to do later with what was written; those without are done when it is durable. */
  rest?(): Promise<void>;
  /** Drops what its own process keeps of content in memory; the kernel's caches are the caller's affair. */
  forget?(): Promise<void>;
  /** Unmounts and stops; the directory can be removed then. */
  close(): Promise<void>;
}
