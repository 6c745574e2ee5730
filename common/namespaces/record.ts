/** Settings of namespaces as the vault keeps them (FORMAT.md, "Tasks"). */
import { z } from 'zod';
import { SherinError } from '../errors.js';
import { parseNamespace } from '../ids.js';

/** Which allowed opens are recorded: none, the first of each caller, object and hour, or each. From the least strict on. */
export const openLevels = ['off', 'first', 'all'] as const;
export type OpenLevel = (typeof openLevels)[number];

/** When the TPM is asked: once, to unlock the vault, or at each open too. From the least strict on. */
export const unsealModes = ['session', 'per-open'] as const;
export type UnsealMode = (typeof unsealModes)[number];

/** Namespaces that have settings of their own. */
const mostNamespaces = 64;
/** What the vault reads for itself, these settings among it. */
const ownNamespace = parseNamespace('POLICY');

export const namespaceSchema = z.string().refine((text) => {
  try {
    return parseNamespace(text) !== ownNamespace;
  } catch (error) {
    if (error instanceof SherinError) return false;
    throw error;
  }
}, 'this is no namespace that has settings');

export const namespaceSettingsSchema = z.strictObject({
  opens: z.enum(openLevels),
  unseal: z.enum(unsealModes),
});
export type NamespaceSettings = Readonly<z.infer<typeof namespaceSettingsSchema>>;

export const namespaceTableSchema = z
  .record(namespaceSchema, namespaceSettingsSchema)
  .refine((table) => Object.keys(table).length <= mostNamespaces, `more than ${mostNamespaces} namespaces`);
export type NamespaceTable = Readonly<Record<string, NamespaceSettings>>;

export const namespacesRecordSchema = z.strictObject({
  v: z.literal(1),
  /** Goes up by one with each change. */
  version: z.int().nonnegative(),
  namespaces: namespaceTableSchema,
});
export type NamespacesRecord = Readonly<z.infer<typeof namespacesRecordSchema>>;

/** That of a new vault. */
export const noNamespaces: NamespacesRecord = { v: 1, version: 0, namespaces: {} };
/** Of a namespace that has none of its own. */
export const usualSettings: NamespaceSettings = { opens: 'first', unseal: 'session' };
export const strictestSettings: NamespaceSettings = { opens: 'all', unseal: 'per-open' };

/** Those of one; without any the usual ones. */
export function settingsOf(
  { namespaces }: Pick<NamespacesRecord, 'namespaces'>,
  name: string,
): NamespaceSettings {
  return Object.hasOwn(namespaces, name) ? (namespaces[name] ?? usualSettings) : usualSettings;
}

/** Of each setting the stricter. */
export function stricter(one: NamespaceSettings, other: NamespaceSettings): NamespaceSettings {
  const level = Math.max(openLevels.indexOf(one.opens), openLevels.indexOf(other.opens));
  const mode = Math.max(unsealModes.indexOf(one.unseal), unsealModes.indexOf(other.unseal));
  return { opens: openLevels[level] ?? 'all', unseal: unsealModes[mode] ?? 'per-open' };
}
