/** Methods about old versions: the space they take, how they are given up, where they came from. */
import { z } from 'zod';
import { type Method, method } from './terms.js';
import { count, target, text, time } from './values.js';
import { versionSchema } from './version.js';

const kept = z.int().min(0).max(1_000_000).default(0);

/** How many states of each path are kept, and for what time (nanoseconds) all that it has shown. */
const retentionSchema = z.strictObject({
  last: kept,
  hourly: kept,
  daily: kept,
  weekly: kept,
  monthly: kept,
  yearly: kept,
  within: time.nullable().default(null),
});

const gcResult = z.strictObject({
  versions: count,
  /** Cubes that only those had, and the bytes of their files. */
  cubes: count,
  bytes: count,
  /** Cubes that nothing referred to. */
  orphans: count,
  orphanBytes: count,
  /** Objects that somebody reads and that stay for that. */
  inUse: count,
  /** The first 200 paths that lose versions, as many as fit. */
  paths: z.array(z.strictObject({ path: text, versions: z.array(count) })),
});

const lineageResult = z.strictObject({
  id: z.string(),
  /** Of the versions below. */
  ancestors: z.array(z.string()),
  descendants: z.array(z.string()),
  /** By ID: itself and all relatives. */
  versions: z.array(
    z.strictObject({
      id: z.string(),
      /** Its content is there. */
      kept: z.boolean(),
      paths: z.array(text),
      /** How often it was made; the last times of them. */
      makings: count,
      made: z.array(
        z.strictObject({
          time,
          from: z.array(z.string()),
          task: z.string(),
          bot: z.string(),
          botVersion: z.string(),
        }),
      ),
    }),
  ),
  /** Others follow. */
  more: z.boolean(),
});
export type LineageInfo = z.infer<typeof lineageResult>;

/** Beside the others of the control socket. */
export const spaceMethods = {
  gc: method(
    'Gives up old versions that the retention does not keep, and removes cubes that nothing needs',
    z.strictObject({
      /** Versions of these paths and what is below them only; none: of all. */
      paths: z.array(text.min(1)).max(256).default([]),
      retention: retentionSchema,
      dryRun: z.boolean().default(false),
    }),
    gcResult,
  ),
  destroy: method(
    'Removes files with all their versions and overwrites their cubes',
    z.strictObject({ paths: z.array(text.min(1)).min(1).max(256) }),
    z.strictObject({
      files: count,
      versions: count,
      cubes: count,
      bytes: count,
      /** Cubes that stay, since other content needs them, and some of the paths that have it. */
      shared: count,
      sharedWith: z.array(text),
      /** Paths that have it beside those. */
      sharedMore: count,
      /** Cubes that stay, since programs hold other files without a name that have the same content. */
      inUse: count,
      /** Cube files with another name: removed, not overwritten. */
      linked: count,
    }),
  ),
  du: method(
    'What the files below a path and their old versions take up',
    z.strictObject({ path: text }),
    z.strictObject({
      files: count,
      logical: count,
      stored: count,
      versions: count,
      history: count,
      shared: count,
      alone: count,
    }),
  ),
  'du.versions': method(
    'What each version of a file takes up alone; pages go backwards',
    z.strictObject({ path: text.min(1), before: z.int().min(1).optional() }),
    /** Oldest first: the newest ones, or those before the given number, as many as fit. */
    z.strictObject({ versions: z.array(versionSchema.extend({ alone: count })) }),
  ),
  lineage: method(
    'What a version was made from, and what was made from it, in pages',
    z.strictObject({ target, after: z.string().max(64).optional() }),
    lineageResult,
  ),
} as const satisfies Record<string, Method>;
