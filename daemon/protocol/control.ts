/**
 * The control socket of sherin-fs: every method, its parameters, result, descriptors and what it is for, in one table.
 * Names and paths are text as in `common/names.ts`; paths are relative to the vault's tree (`files/…` or without it).
 * Times are nanoseconds since 1970 as decimal strings.
 */
import { z } from 'zod';
import { accessMethods } from './access.js';
import { admissionMethods } from './admission.js';
import { attestMethods } from './attest.js';
import { auditMethods } from './audit.js';
import { engineMethods } from './engine.js';
import { watchMethods } from './events.js';
import { fsckSchema, rebuiltSchema } from './fsck.js';
import { grantMethods } from './grants.js';
import { keyMethods } from './keys.js';
import { mountDrivers } from './mount-drivers.js';
import { namespaceMethods } from './namespaces.js';
import { callerSchema, objectMethods } from './objects.js';
import { failureSchema } from './rpc.js';
import { spaceMethods } from './space.js';
import { statusSchema } from './status.js';
import { type Method, method, nothing } from './terms.js';
import { upgradeMethods } from './upgrade.js';
import { count, target, text, time } from './values.js';
import { versionSchema } from './version.js';
import { whySchema } from './why.js';

export { type MountDriverName, mountDrivers } from './mount-drivers.js';
export type { LineageInfo } from './space.js';
export { type Status, statusSchema, tpmSchema } from './status.js';
export { longestText } from './values.js';
export { type VersionInfo, versionSchema } from './version.js';

/** Cubes that one request about quarantine names. */
export const mostCubeIds = 500;

export const kindSchema = z.enum(['file', 'directory', 'symlink', 'fifo', 'socket']);
export const policySchema = z.enum(['user', 'admin', 'system']);

const attributes = {
  kind: kindSchema,
  mode: z.int().min(0).max(0o7777),
  uid: z.int().min(0).max(0xffff_ffff),
  gid: z.int().min(0).max(0xffff_ffff),
  atime: time,
  mtime: time,
  /** Target of a symbolic link. */
  target: text.optional(),
};

export const entrySchema = z.strictObject({
  name: text,
  inode: count,
  ...attributes,
  ctime: time,
  size: count,
  nlink: count,
  policy: policySchema,
  /** Sherin ID of a file that has content. */
  id: z.string().optional(),
  /** Extended attributes, values in base64; only where asked for. */
  xattrs: z.array(z.tuple([text, text])).optional(),
});
export type EntryInfo = z.infer<typeof entrySchema>;

export const statSchema = z.strictObject({
  path: text,
  entry: entrySchema,
  cubes: count,
  holes: count,
  /** Object root, hex. */
  root: z.string().optional(),
  versions: count,
  /** Time of the last full check in this run, or null. */
  verified: time.nullable(),
  /** Of a directory: that of what is written below it, and whether the directory itself has been given it. */
  namespace: z.strictObject({ name: z.string(), own: z.boolean() }).optional(),
});
export type StatInfo = z.infer<typeof statSchema>;

/** One source object of an import. Regular files name the descriptor of this message that holds their content. */
export const putEntrySchema = z.strictObject({
  /** Below the destination; empty: the destination itself. */
  path: text,
  ...attributes,
  size: count.default(0),
  xattrs: z
    .array(z.tuple([text, text]))
    .max(64)
    .default([]),
  /** Index into the message's descriptors. */
  fd: z.int().min(0).max(63).optional(),
  /** A hard link to a file put earlier in this transfer, by its path below the destination. */
  linkTo: text.optional(),
});
export type PutEntry = z.infer<typeof putEntrySchema>;

export const putOutcomeSchema = z.strictObject({
  path: text,
  /** `same`: size and modification time were already there; nothing was read. */
  outcome: z.enum(['stored', 'same', 'failed']),
  bytes: count,
  error: failureSchema.optional(),
});
export type PutOutcome = z.infer<typeof putOutcomeSchema>;

const putTotals = z.strictObject({
  files: count,
  bytes: count,
  /** Cubes written, and those the vault already held. */
  newCubes: count,
  knownCubes: count,
  storedBytes: count,
});

export const checkFailureSchema = z.strictObject({
  cube: z.string(),
  fault: z.string(),
  vertex: z.number().optional(),
  /** Paths that hold the cube. */
  paths: z.array(text).max(16),
  quarantined: z.boolean(),
});

const checkResult = z.strictObject({
  files: count,
  cubes: count,
  bytes: count,
  failures: z.array(checkFailureSchema).max(200),
  /** All failures; the list stops at 200, or where the answer is full. */
  failed: count,
});

export const quarantineSchema = z.strictObject({
  id: z.string(),
  reason: z.string(),
  time,
  /** Bytes of the quarantined file, or null when it is gone. */
  size: count.nullable(),
  /** The first ones. */
  paths: z.array(text).max(16),
});

const cubeIds = z.array(z.string()).min(1).max(mostCubeIds);

export const controlMethods = {
  status: method('State of vault, TPM, mount and caches', nothing, statusSchema),
  why: method('Reason behind a refusal', z.strictObject({ target: target.optional() }), whySchema),
  sync: method('Answers when everything that programs have written is on disk', nothing, nothing),
  snapshot: method(
    'Makes a version of every file that programs have written to since its last one',
    nothing,
    z.strictObject({ versions: count }),
  ),
  lock: method(
    'Wipes keys and caches; every open and read answers EACCES until unlock',
    z.strictObject({ caller: callerSchema.optional() }),
    nothing,
  ),
  unlock: method(
    'Opens the vault with the TPM slot (a PIN is read from the descriptor), the recovery key or a passphrase (from the descriptor)',
    z.strictObject({
      slot: z.enum(['tpm', 'recovery', 'passphrase']),
      /** Number of the TPM slot; none: the first that fits. */
      only: z.int().min(0).max(255).optional(),
      acceptRollback: z.boolean().default(false),
      caller: callerSchema.optional(),
    }),
    nothing,
    [0, 1],
  ),
  mount: method(
    'Mounts the vault',
    z.strictObject({
      path: text,
      driver: z.enum(mountDrivers).default('native'),
      allowOther: z.boolean().default(false),
      listIds: z.boolean().default(false),
    }),
    nothing,
  ),
  'mount.past': method(
    'Mounts the tree as it was before a time, read-only, beside the mount of the vault',
    z.strictObject({ path: text, end: time }),
    /** Not later than the vault's last change. */
    z.strictObject({ end: time }),
  ),
  umount: method(
    'Unmounts the mount of the past at the path, else the vault; lazy when files are open',
    z.strictObject({ path: text.optional() }),
    z.strictObject({ lazy: z.boolean() }),
  ),
  stop: method('Commits, unmounts, locks and ends sherin-fs', nothing, z.strictObject({ lazy: z.boolean() })),
  list: method(
    'Entries of a directory, by name, in pages',
    z.strictObject({ path: text, after: text.optional(), xattrs: z.boolean().default(false) }),
    z.strictObject({ entries: z.array(entrySchema), more: z.boolean() }),
  ),
  stat: method('One file by path or ID', z.strictObject({ target }), statSchema),
  read: method(
    'Writes verified content to the descriptor (a regular file or memfd) at `at`',
    z.strictObject({ target, offset: count, length: count, at: count }),
    z.strictObject({ bytes: count }),
    [1, 1],
  ),
  'put.begin': method(
    'Begins an import below a directory that is made where missing',
    z.strictObject({
      destination: text,
      /** Read every file, even where size and modification time are already there. */
      checksum: z.boolean().default(false),
    }),
    z.strictObject({ transfer: count }),
  ),
  'put.entries': method(
    'Imports source objects in order; content comes from the descriptors. Answers when all are staged',
    z.strictObject({ transfer: count, entries: z.array(putEntrySchema).min(1).max(256) }),
    z.strictObject({ outcomes: z.array(putOutcomeSchema) }),
    [0, 64],
  ),
  'put.stop': method(
    'Reads no further: entries under way are left out as INTERRUPTED, what is staged is kept for put.end',
    z.strictObject({ transfer: count }),
    nothing,
  ),
  'put.end': method(
    'Commits what is staged and ends the import',
    z.strictObject({ transfer: count }),
    putTotals,
  ),
  remove: method(
    'Removes files, and directories with all below them; old versions stay',
    z.strictObject({ paths: z.array(text.min(1)).min(1).max(256) }),
    z.strictObject({ files: count, others: count }),
  ),
  history: method(
    'Versions of the file at a path, those of files that stood there before included; pages go backwards',
    z.strictObject({ path: text.min(1), before: z.int().min(1).optional() }),
    z.strictObject({
      /** Oldest first: the newest ones, or those before the given number. */
      versions: z.array(versionSchema),
      total: count,
      /** When the path began to show nothing, between these versions and the next one. */
      removals: z.array(time),
    }),
  ),
  restore: method(
    'Makes an old version of the file at a path its newest one',
    z.strictObject({ path: text.min(1), version: z.int().min(1) }),
    versionSchema,
  ),
  'manifest.export': method(
    'Writes the signed export of the manifest to the descriptor (a new regular file); with plaintext roots it confirms content',
    z.strictObject({ plaintextRoots: z.boolean().default(false) }),
    z.strictObject({ cubes: count, objects: count, bytes: count }),
    [1, 1],
  ),
  ...spaceMethods,
  ...attestMethods,
  ...upgradeMethods,
  ...auditMethods,
  ...keyMethods,
  ...engineMethods,
  ...admissionMethods,
  ...accessMethods,
  ...namespaceMethods,
  ...objectMethods,
  ...watchMethods,
  ...grantMethods,
  verify: method(
    'Decrypts and checks content, signatures included; what fails is quarantined',
    z.strictObject({ target: target.optional() }),
    checkResult,
  ),
  scrub: method(
    'Keyless check of every stored cube: shape, ciphertext root, signature',
    z.strictObject({ caller: callerSchema.optional() }),
    checkResult,
  ),
  fsck: method(
    'Manifest against disk, both ways; mends what it is told to. The descriptor is the directory of a backup to repair from',
    z.strictObject({
      rebuild: z.boolean().default(false),
      repair: z.boolean().default(false),
      removeOrphans: z.boolean().default(false),
    }),
    fsckSchema,
    [0, 1],
  ),
  'manifest.rebuild': method(
    'Opens the vault with the recovery key (from the descriptor); a manifest that is gone or broken is rebuilt from the copy of its log before, and the older state accepted',
    z.strictObject({}),
    z.strictObject({ rebuilt: rebuiltSchema.nullable() }),
    [1, 1],
  ),
  'backup.begin': method(
    'Copies manifest and header aside and keeps cubes from being removed, until backup.end or the end of the connection',
    z.strictObject({
      /** List the cubes that versions need, too; the vault must be open for it. */
      needed: z.boolean().default(false),
    }),
    nothing,
  ),
  'backup.end': method(
    'Ends a backup',
    z.strictObject({ cubes: count, copied: count, failed: count }),
    nothing,
  ),
  'quarantine.list': method(
    'Cubes in quarantine, by ID, in pages',
    z.strictObject({ after: z.string().max(64).optional() }),
    z.strictObject({ cubes: z.array(quarantineSchema), more: z.boolean() }),
  ),
  'quarantine.restore': method(
    'Puts cubes back that verify now',
    z.strictObject({ ids: cubeIds }),
    z.strictObject({
      restored: z.array(z.string()),
      refused: z.array(z.strictObject({ id: z.string(), fault: z.string() })),
    }),
  ),
  'quarantine.purge': method(
    'Deletes quarantined bytes; their places in files stay refused',
    z.strictObject({ ids: cubeIds, shred: z.boolean().default(false) }),
    z.strictObject({ purged: z.array(z.string()) }),
  ),
} as const satisfies Record<string, Method>;

export type ControlMethod = keyof typeof controlMethods;
/** Parameters as a caller writes them (defaults may be left out). */
export type ControlParams<M extends ControlMethod> = z.input<(typeof controlMethods)[M]['params']>;
export type ControlRequest<M extends ControlMethod> = z.output<(typeof controlMethods)[M]['params']>;
export type ControlResult<M extends ControlMethod> = z.output<(typeof controlMethods)[M]['result']>;

export function isControlMethod(name: string): name is ControlMethod {
  return Object.hasOwn(controlMethods, name);
}
