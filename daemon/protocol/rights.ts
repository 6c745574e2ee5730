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

/** What is taken and given in most calls, known without the schemas, and as by them; of all else they tell. */
export interface Usual {
  /** What the schema gives; null: it has to be asked. */
  readonly params: (value: unknown) => object | null;
  /** False: the schema has to be asked. */
  readonly result: (value: unknown) => boolean;
}

export interface DaemonTerm {
  readonly right: Right;
  readonly reserved: Reserved;
  readonly usual: Usual | null;
  readonly summary: string;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
}

export function daemonMethod<P extends z.ZodType, R extends z.ZodType>(
  right: Right,
  summary: string,
  params: P,
  result: R,
  { reserved = {}, usual = null }: { readonly reserved?: Reserved; readonly usual?: Usual | null } = {},
) {
  return { right, reserved, usual, summary, params, result } as const;
}
