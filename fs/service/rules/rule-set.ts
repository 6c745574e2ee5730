import {
  type AccessDecision,
  type AccessMatcher,
  compileAccess,
  type Place,
  type Subject,
  strictestDecision,
} from '../../../common/access/decide.js';
import { compileGlob, matchesGlob, reachesGlob } from '../../../common/access/glob.js';
import { type AccessRecord, accessRulesOf } from '../../../common/access/record.js';
import type { AccessOperation, AccessRule } from '../../../common/access/rules.js';

/** A rule that denies somebody something at a place. */
export interface Denial {
  readonly rule: string;
  readonly who: AccessRule['who'];
  readonly operations: readonly AccessOperation[];
}

/** What stands for rules that can't be read. */
const unreadable = { effect: 'deny', rule: 'unreadable' } as const;

/** The rules of a vault, compiled once. */
export class RuleSet {
  readonly #readable: boolean;
  readonly #rules: readonly AccessRule[];
  readonly #decide: AccessMatcher;
  /** What is denied to anybody at all. */
  readonly #denies: AccessMatcher;
  readonly #reach: readonly ((path: readonly string[]) => boolean)[];

  /** @param record null: it can't be read, so everything is denied to everybody */
  constructor(record: AccessRecord | null) {
    this.#readable = record !== null;
    this.#rules = record === null ? [] : accessRulesOf(record);
    this.#decide = compileAccess(this.#rules);
    const denying = this.#rules.filter(({ effect }) => effect === 'deny');
    this.#denies = compileAccess(denying.map((rule) => ({ ...rule, who: 'anyone' })));
    this.#reach = denying.flatMap(({ where }) => {
      if (!('path' in where)) return [];
      const glob = compileGlob(where.path);
      return [(path: readonly string[]) => reachesGlob(glob, path)];
    });
  }

  get empty(): boolean {
    return this.#readable && this.#rules.length === 0;
  }

  decide(operation: AccessOperation, places: readonly Place[], subject: Subject): AccessDecision {
    if (!this.#readable) return unreadable;
    return strictestDecision(places.map((place) => this.#decide({ ...place, operation, subject })));
  }

  /** Whether somebody might be denied something. */
  denies(operation: AccessOperation, places: readonly Place[]): boolean {
    return (
      !this.#readable ||
      places.some((place) => this.#denies({ ...place, operation, subject: nobody }).effect === 'deny')
    );
  }

  /** Whether something is denied for the namespace that it is in. */
  get deniesByNamespace(): boolean {
    return this.#rules.some(({ effect, where }) => effect === 'deny' && 'namespace' in where);
  }

  /** Whether something might be denied at a path or below it. */
  reaches(path: readonly string[]): boolean {
    return this.#reach.some((reaches) => reaches(path));
  }

  /** Which rules deny something at a place, and whom; a rule that earlier ones leave nothing to is left out. */
  denialsAt(place: Place): readonly Denial[] {
    const decided = new Map<string, readonly AccessOperation[]>();
    const decidedFor = (who: AccessRule['who']) => decided.get(JSON.stringify(who)) ?? [];
    return this.#rules.flatMap(({ name, who, where, operations: named, effect }) => {
      if (!isAbout(where, place)) return [];
      const earlier = [...decidedFor('anyone'), ...decidedFor(who)];
      const operations = named.filter((operation) => !earlier.includes(operation));
      decided.set(JSON.stringify(who), [...decidedFor(who), ...operations]);
      return effect === 'deny' && operations.length > 0 ? [{ rule: name, who, operations }] : [];
    });
  }
}

const nobody: Subject = { uid: null, gids: null, bots: null };

function isAbout(where: AccessRule['where'], { namespace, path }: Place): boolean {
  if ('namespace' in where) return where.namespace === namespace;
  return path !== null && matchesGlob(compileGlob(where.path), path);
}
