/** What the methods of the control socket are written with. */
import { z } from 'zod';

export const nothing = z.strictObject({});

export interface Method {
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
  /** How many descriptors a request carries. */
  readonly fds: readonly [least: number, most: number];
}

export function method<P extends z.ZodType, R extends z.ZodType>(
  summary: string,
  params: P,
  result: R,
  fds: Method['fds'] = [0, 0],
) {
  return { summary, params, result, fds } as const;
}
