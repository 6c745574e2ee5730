/** Method of the control socket by which a new program takes over. */
import { z } from 'zod';
import { type Method, method, nothing } from './terms.js';

/** Beside the others of the control socket. */
export const upgradeMethods = {
  upgrade: method(
    'Starts the sherin-fs that is installed now and hands it the vault, the mount and the files that programs have open',
    nothing,
    /** Of the new process. */
    z.strictObject({ pid: z.int(), version: z.string() }),
  ),
} as const satisfies Record<string, Method>;
