/** Decides what the rules say of one access, and by which rule. */
import { compileGlob, type Glob, matchesGlob } from './glob.js';
import { type AccessOperation, type AccessRule, accessOperations } from './rules.js';

export interface Access {
  readonly uid: number;
  readonly gids: readonly number[];
  /** The bot whose program it is, or null. */
  readonly bot: string | null;
  readonly operation: AccessOperation;
  /** Namespace of the object, or null for what has none, such as a directory. */
  readonly namespace: string | null;
  /** Names below `files/`, as text of `common/names.ts`. */
  readonly path: readonly string[];
}

/** `modes`: no rule matches, the file's modes decide alone. */
export type AccessDecision =
  | { readonly effect: 'allow' | 'deny'; readonly rule: string }
  | { readonly effect: 'modes'; readonly rule: null };

/** Rules, ready to decide. */
export type AccessMatcher = (access: Access) => AccessDecision;

interface CompiledRule {
  readonly who: AccessRule['who'];
  readonly namespace: string | null;
  readonly glob: Glob | null;
  readonly decision: AccessDecision;
}

const fromModes: AccessDecision = { effect: 'modes', rule: null };

/** @param rules as `accessRulesSchema` takes them */
export function compileAccess(rules: readonly AccessRule[]): AccessMatcher {
  const byOperation = new Map<AccessOperation, readonly CompiledRule[]>(
    accessOperations.map((operation) => [
      operation,
      rules.filter(({ operations }) => operations.includes(operation)).map(compileRule),
    ]),
  );
  return (access) =>
    byOperation.get(access.operation)?.find((rule) => matches(rule, access))?.decision ?? fromModes;
}

function compileRule({ name, who, where, effect }: AccessRule): CompiledRule {
  return {
    who,
    namespace: 'namespace' in where ? where.namespace : null,
    glob: 'path' in where ? compileGlob(where.path) : null,
    decision: { effect, rule: name },
  };
}

function matches({ who, namespace, glob }: CompiledRule, access: Access): boolean {
  if (!isMeant(who, access)) return false;
  return glob === null ? namespace === access.namespace : matchesGlob(glob, access.path);
}

function isMeant(who: AccessRule['who'], { uid, gids, bot }: Access): boolean {
  if (who === 'anyone') return true;
  if ('uid' in who) return who.uid === uid;
  return 'gid' in who ? gids.includes(who.gid) : who.bot === bot;
}
