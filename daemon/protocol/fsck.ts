/** What `fsck` found and did. */
import { z } from 'zod';
import { count, text, time } from './values.js';

const amount = z.strictObject({ cubes: count, bytes: count });

/** A cube that versions need and nobody can read. */
export const lackSchema = z.strictObject({
  cube: z.string(),
  state: z.enum(['missing', 'quarantined', 'damaged', 'misplaced', 'newer']),
  /** Versions that need it, and the newest of them. */
  versions: count,
  uses: z.array(z.strictObject({ path: text, time, now: z.boolean() })).max(4),
  /** Where a good copy was found; null: it is still lacking. */
  repaired: z.enum(['place', 'folder', 'quarantine', 'backup']).nullable(),
  /** What was wrong with a copy that was found. */
  fault: z.string().nullable(),
});
export type LackInfo = z.infer<typeof lackSchema>;

export const leftoverSchema = z.strictObject({
  /** Below the vault. */
  path: text,
  kind: z.enum(['orphan', 'misplaced', 'strange', 'temporary', 'trash', 'quarantine']),
  bytes: count,
  removed: z.boolean(),
});

export const fsckSchema = z.strictObject({
  /** Records of the log, all of them verified, and versions of files among them. */
  records: count,
  versions: count,
  /** Cubes that versions need; those that only old versions need; those that several objects share. */
  needed: amount,
  old: amount,
  shared: amount,
  /** Tables of the manifest that are not as the log says. */
  tables: z.array(
    z.strictObject({
      table: z.enum(['puts', 'tiles', 'cubes', 'nodes']),
      missing: count,
      wrong: count,
      extra: count,
      mended: z.boolean(),
    }),
  ),
  /** Versions of which an index node is lost: which cubes they need is not known. */
  lostVersions: count,
  /** Versions whose length is not that of their slots. */
  wrongLengths: count,
  lacks: z.array(lackSchema).max(100),
  lacking: count,
  repaired: count,
  leftovers: z.array(leftoverSchema).max(100),
  /** All of them by kind; the lists stop at 100, or where the answer is full. */
  counts: z.record(z.string(), amount),
  removed: amount,
  /** Records of quarantine whose file is gone. */
  goneQuarantine: count,
  /** In quarantine: segments of the journal that were refused, and what was made durable in them is not there; databases and cubes that were replaced. */
  keptSegments: z.array(z.strictObject({ path: text, bytes: count })).max(100),
  /** The copy of the log beside the database; `fault`: what is wrong with it; `renewed`: it was written anew for that. */
  copy: z.strictObject({
    segments: count,
    bytes: count,
    records: count,
    time: time.nullable(),
    fault: text.nullable(),
    renewed: z.boolean(),
  }),
  /** Imports were under way: unfinished writes and cubes without a version may be theirs. */
  busy: z.boolean(),
  clean: z.boolean(),
});
/** A manifest that was rebuilt from the copy of its log. */
export const rebuiltSchema = z.strictObject({
  /** Records of the log that it has, and the time of the last change among them. */
  records: count,
  time,
  /** Files that were in its place, moved there, below the vault. */
  kept: z.array(text).max(4),
  /** What was wrong with the copy: what came after that is lost. */
  fault: text.nullable(),
});
export type RebuiltInfo = z.infer<typeof rebuiltSchema>;

export type FsckResult = z.infer<typeof fsckSchema>;
