/** The schemas of sherind's socket as trees, and values that they admit. */
import { z } from 'zod';

export interface Node {
  readonly type?: string;
  readonly title?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly minItems?: number;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
  readonly additionalProperties?: Node | false;
  readonly propertyNames?: Node;
}

/** What a text may be, with an example of each. */
export const shortTexts: Readonly<Record<string, string>> = {
  'Sherin ID': 'FILES_20260101_0123456789abcdef0123456789abcdef',
  'cube ID': 'a'.repeat(52),
  'short name': 'short-name',
  'task ID': `t_${'a'.repeat(26)}`,
  namespace: 'FILES',
  hash: `${'A'.repeat(43)}=`,
  signature: `${'A'.repeat(86)}==`,
  UUID: '01234567-89ab-cdef-0123-456789abcdef',
  'bot name': 'words',
  'bot folder': '/srv/bots/words',
};

export function tree(schema: z.ZodType, io: 'input' | 'output'): Node {
  return z.toJSONSchema(schema, { io }) as Node;
}

/** A node and all below it. */
export function* nodes(node: Node): Iterable<Node> {
  yield node;
  const { properties = {}, items, anyOf = [], oneOf = [], additionalProperties, propertyNames } = node;
  const more = [items, additionalProperties || undefined, propertyNames].flatMap((one) => one ?? []);
  for (const child of [...Object.values(properties), ...anyOf, ...oneOf, ...more]) yield* nodes(child);
}

/** A value that the schema admits, with all optional fields. */
export function sample(node: Node): unknown {
  const [choice] = node.anyOf ?? node.oneOf ?? [];
  if (choice !== undefined) return sample(choice);
  if (node.const !== undefined) return node.const;
  if (node.enum !== undefined) return node.enum[0];
  if (node.type === 'string') return shortTexts[node.title ?? ''];
  if (node.type === 'boolean') return true;
  if (node.type === 'integer' || node.type === 'number') return 1;
  if (node.items !== undefined) {
    const { items } = node;
    return Array.from({ length: node.minItems ?? 1 }, () => sample(items));
  }
  const fields = Object.entries(node.properties ?? {});
  return Object.fromEntries(fields.map(([key, child]) => [key, sample(child)]));
}

/** Where values stand in a value: `['relatives', 0, 'id']`. */
export function places(value: unknown): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [];
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? [...value.entries()]
    : Object.entries(value);
  return entries.flatMap(([key, child]) => [[key], ...places(child).map((rest) => [key, ...rest])]);
}

/** A copy with another value in a place. */
export function put(value: unknown, [key, ...rest]: readonly (string | number)[], what: unknown): unknown {
  if (key === undefined) return what;
  const child = put((value as Record<string | number, unknown>)[key], rest, what);
  if (Array.isArray(value)) return value.with(Number(key), child);
  return { ...(value as object), [key]: child };
}
