/** What a manifest needs of the vault around it. */
export interface ManifestOptions {
  readonly path: string;
  /** K_manifest; overwritten as soon as SQLite has it. */
  readonly key: Buffer;
  readonly uuid: Buffer;
  readonly publicKey: Buffer;
  readonly sign: (message: Buffer) => Buffer;
  /** The vault header that heads name. */
  readonly header: () => { generation: number; hash: Buffer };
  /** Any later header than the one that the head names is taken, too: of a manifest that was rebuilt. */
  readonly laterHeader?: boolean;
  /** The least number that a new inode may get, where smaller ones were given out beside the manifest; none: what the manifest says. */
  readonly firstInode?: number;
  readonly auditHead: () => { size: number; root: Buffer };
  /** Value of the rollback counter to sign. */
  readonly counter: () => bigint;
  /** The journal that heads name; absent: as the head before. */
  readonly journalEpoch?: () => Buffer;
  /** Nanoseconds since 1970. */
  readonly now?: () => bigint;
}
