/** Decides what the rules say of one access, and by which rule. */
import { compileGlob, type Glob, matchesGlob } from './glob.js';
import { type AccessOperation, type AccessRule, accessOperations } from './rules.js';

/** Who asks. Null: nobody can tell; then what denies is about them, and what allows is not. */
export interface Subject {
  readonly uid: number | null;
  /** Looked at only where a rule is about a group. */
  readonly gids: readonly number[] | null;
  /** Bots whose program it may be. */
  readonly bots: readonly string[] | null;
}

/** Where an object is. */
export interface Place {
  /** Null for what has none, such as a directory. */
  readonly namespace: string | null;
  /** Names below `files/`, as text of `common/names.ts`; null for what is elsewhere. */
  readonly path: readonly string[] | null;
}

export interface Access extends Place {
  readonly subject: Subject;
  readonly operation: AccessOperation;
}

/** `modes`: no rule matches, the file's modes decide alone. */
export type AccessDecision =
  | { readonly effect: 'allow' | 'deny'; readonly rule: string }
  | { readonly effect: 'modes'; readonly rule: null };

/** Rules, ready to decide. */
export type AccessMatcher = (access: Access) => AccessDecision;

/** What several decisions about one object come to: one that denies counts before one that allows. */
export function strictestDecision(decisions: readonly AccessDecision[]): AccessDecision {
  const of = (effect: string) => decisions.find((each) => each.effect === effect);
  return of('deny') ?? of('allow') ?? fromModes;
}

interface CompiledRule {
  readonly who: AccessRule['who'];
  readonly aboutGroup: boolean;
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
    aboutGroup: who !== 'anyone' && 'gid' in who,
    namespace: 'namespace' in where ? where.namespace : null,
    glob: 'path' in where ? compileGlob(where.path) : null,
    decision: { effect, rule: name },
  };
}

function matches(rule: CompiledRule, access: Access): boolean {
  // Groups cost the most to tell, so they come last.
  return rule.aboutGroup
    ? isThere(rule, access) && isMeant(rule, access)
    : isMeant(rule, access) && isThere(rule, access);
}

function isThere({ namespace, glob }: CompiledRule, access: Access): boolean {
  if (glob === null) return namespace === access.namespace;
  return access.path !== null && matchesGlob(glob, access.path);
}

/** Where nobody can tell, what denies is about them. */
function isMeant({ who, decision }: CompiledRule, { subject }: Access): boolean {
  return meant(who, subject) ?? decision.effect === 'deny';
}

/** Null: nobody can tell. */
function meant(who: AccessRule['who'], subject: Subject): boolean | null {
  if (who === 'anyone') return true;
  if ('uid' in who) return subject.uid === null ? null : who.uid === subject.uid;
  if ('gid' in who) return subject.gids?.includes(who.gid) ?? null;
  return subject.bots?.includes(who.bot) ?? null;
}
