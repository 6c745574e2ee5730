/** What the methods of sherind's socket are written with. */
import type { z } from 'zod';

/**
 * Who may call a method. `open`: everybody whom the socket lets in; `own`: everybody, for what is their own, administrators for
 * all; `admin`: root and members of group `sherin-admin`.
 */
export const rights = ['open', 'own', 'admin'] as const;
export type Right = (typeof rights)[number];

/** Values of parameters with which a method that is open to all is one for administrators. */
export type Reserved = Readonly<Record<string, string | boolean>>;

export interface DaemonTerm {
  readonly right: Right;
  readonly reserved: Reserved;
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
}

export function daemonMethod<P extends z.ZodType, R extends z.ZodType>(
  right: Right,
  summary: string,
  params: P,
  result: R,
  reserved: Reserved = {},
) {
  return { right, reserved, summary, params, result } as const;
}
