/** What `status` answers: the state of vault, TPM, mount and caches. */
import { z } from 'zod';
import { rekeySchema } from './keys.js';
import { mountDrivers } from './mount-drivers.js';
import { failureSchema } from './rpc.js';
import { count, text, time } from './values.js';

export const tpmSchema = z.strictObject({
  kind: z.enum(['hardware', 'software', 'none']),
  /** `software (not hardware-protected)` or the device. */
  text: z.string(),
});

export const statusSchema = z.strictObject({
  version: z.string(),
  vault: z.strictObject({
    path: text,
    uuid: z.string(),
    state: z.enum(['unlocked', 'locked', 'sealed']),
    /** Why it is locked, as an error of the table. */
    reason: failureSchema.nullable(),
    slots: z.array(z.strictObject({ id: count, type: z.string(), pin: z.boolean() })),
    generation: count,
    /** Made for a mount that users share: equal content of two users has two IDs. */
    shared: z.boolean(),
    rekey: rekeySchema.nullable(),
    /** The emergency stop is on with freeze: nothing is changed. */
    frozen: z.boolean(),
    /** Seconds without use after which it locks itself, and how many are left; null: never, and while it is locked. */
    autoLock: z.strictObject({
      ...{ seconds: count.nullable(), left: count.nullable() },
      /** Whether it is locked before the machine sleeps; `waiting`: nobody is there now to tell of a sleep. */
      beforeSleep: z.enum(['off', 'on', 'waiting']),
    }),
  }),
  tpm: tpmSchema,
  fs: z.strictObject({
    pid: count,
    uptimeSeconds: count,
    memoryBytes: count,
    keyMemory: z.string(),
    /** What is verified before a byte is served. */
    verify: z.enum(['vertex', 'cube']),
  }),
  mount: z
    .strictObject({ path: text, driver: z.enum(mountDrivers), allowOther: z.boolean(), listIds: z.boolean() })
    .nullable(),
  /** Mounts of the tree as it was before a time. */
  past: z.array(z.strictObject({ path: text, end: time })),
  tree: z
    .strictObject({ files: count, objects: count, cubes: count, quarantined: count, logSize: count })
    .nullable(),
  head: z.strictObject({ size: count, root: z.string(), time, nv: z.string() }).nullable(),
  audit: z.strictObject({
    ...{ size: count, writable: z.boolean() },
    /** Heads that are given away: records of the last one that was kept, and why a later one was not. */
    anchors: z.strictObject({ size: count, failing: z.string().nullable() }).nullable(),
  }),
  /** The copy of the manifest's log; null while the vault is closed. */
  logCopy: z
    .strictObject({
      /** Records of the log that are in it; null: nobody has looked at it yet. */
      size: count.nullable(),
      /** For how long there has been something that it does not have; 0: it has all. */
      behindSeconds: count,
      /** Why it was not brought to the newest head; null: nothing was in the way. */
      failing: z.string().nullable(),
    })
    .nullable(),
  /** Segments of the journal that were refused and are kept in quarantine/. */
  journal: z.strictObject({ refused: count }),
  reads: z.strictObject({
    ...{ served: count, decrypted: count, hits: count, misses: count, faults: count },
    /** Bytes in the cache. */
    cached: count,
  }),
  /** How often the TPM has opened the vault since the start. */
  unseals: count,
  /** Times of the syncs of the journal: by `syncBuckets`, and one more for what took longer. */
  syncs: z.strictObject({ buckets: z.array(count), seconds: z.number().nonnegative() }),
});
export type Status = z.infer<typeof statusSchema>;
