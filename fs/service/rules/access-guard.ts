import type { Place } from '../../../common/access/decide.js';
import type { AccessOperation } from '../../../common/access/rules.js';
import { SherinError } from '../../../common/errors.js';
import type { SherinId } from '../../../common/ids.js';
import { namespaceBelow } from '../../manifest/namespaces.js';
import type { BotFolders } from '../../mount/bots/folders.js';
import type { AccessGuard, Caller, NameInTree, Refusal, Ruled } from '../../mount/source.js';
import type { Records } from '../session/records.js';
import { mostMoved, movedBy } from './moving.js';
import { byContent, pathOf, placeOfName, placesOf, placesOfId, type RuledTree } from './places.js';
import type { RuleSet } from './rule-set.js';
import { subjectOf } from './subject.js';

export interface AccessGuardParts {
  readonly rules: RuleSet;
  readonly records: Records;
  readonly bots: Pick<BotFolders, 'all'>;
  /** Those in which an object may have names; changes are made in the first. */
  readonly trees: readonly [RuledTree, ...RuledTree[]];
}

interface Found {
  readonly ino: number;
}

/** Holds callers to the access rules of one vault; whom it refuses is on record before they hear of it. */
export class Guard implements AccessGuard {
  readonly #parts: AccessGuardParts;

  constructor(parts: AccessGuardParts) {
    this.#parts = parts;
  }

  refusal(operation: AccessOperation, ruled: Ruled, caller: Caller): Refusal {
    return this.#refusalAt(operation, this.#placesOf(ruled), this.#idOf(ruled), caller);
  }

  /** As {@link refusal}, at a path where nothing need be yet. */
  placeRefusal(operation: AccessOperation, place: Place, caller: Caller): Refusal {
    return this.#refusalAt(operation, [place], null, caller);
  }

  /** As {@link refusal}, for who asks without telling anybody. */
  lets(operation: AccessOperation, ruled: Ruled, caller: Caller): boolean {
    const { rules, bots } = this.#parts;
    return rules.decide(operation, this.#placesOf(ruled), subjectOf(caller, bots)).effect !== 'deny';
  }

  /** Whether somebody might be refused. */
  refuses(operation: AccessOperation, ruled: Ruled): boolean {
    return this.#parts.rules.denies(operation, this.#placesOf(ruled));
  }

  /** With its last name a file goes for all; else what else leads to it must not give more. */
  removalRefusal(name: NameInTree, caller: Caller): Refusal {
    const [tree] = this.#parts.trees;
    const entry = tree.lookup(name.parent, name.name);
    if (entry === undefined) return undefined;
    const isLast = tree.linksOf(entry.ino).length === 1;
    return (
      this.#nameRefusal('remove', name, entry, caller) ??
      (isLast ? undefined : this.#lossRefusal(entry, name, null, caller))
    );
  }

  renameRefusal(from: NameInTree, to: NameInTree, exchange: boolean, caller: Caller): Refusal {
    const [tree] = this.#parts.trees;
    const entry = tree.lookup(from.parent, from.name);
    const target = tree.lookup(to.parent, to.name);
    if (entry === undefined) return undefined;
    const refused = this.#moveRefusal(entry, from, to, caller);
    if (refused !== undefined || target === undefined || target.ino === entry.ino) return refused;
    return exchange ? this.#moveRefusal(target, to, from, caller) : this.removalRefusal(to, caller);
  }

  #moveRefusal(entry: Found, from: NameInTree, to: NameInTree, caller: Caller): Refusal {
    return (
      this.#nameRefusal('remove', from, entry, caller) ??
      this.#nameRefusal('create', to, entry, caller) ??
      this.#lossRefusal(entry, from, to, caller)
    );
  }

  #nameRefusal(operation: AccessOperation, name: NameInTree, { ino }: Found, caller: Caller): Refusal {
    const [tree] = this.#parts.trees;
    const place = placeOfName(tree, name, tree.inode(ino)?.kind ?? 'file');
    return this.#refusalAt(operation, byContent(tree, ino, [place]), this.#idOf({ ino }), caller);
  }

  /** What is denied to somebody stays denied to them wherever they bring it. */
  #lossRefusal({ ino }: Found, from: NameInTree, to: NameInTree | null, caller: Caller): Refusal {
    const { rules, bots, trees } = this.#parts;
    const [tree] = trees;
    const old = pathOf(tree, from);
    if (old === null) return undefined;
    const subject = subjectOf(caller, bots);
    const move = { from: { ...from, path: old }, to: to && { ...to, path: pathOf(tree, to) } };
    const leaves = to === null || namespaceBelow(tree, from.parent) !== namespaceBelow(tree, to.parent);
    const reaches = (path: readonly string[]): boolean =>
      (leaves && rules.deniesByNamespace) || rules.reaches(path);
    for (const moved of movedBy(tree, ino, move, reaches)) {
      if (moved === 'many') return this.#refuse('move', null, null, caller);
      const denied = (operation: AccessOperation, places: readonly Place[]): boolean =>
        rules.decide(operation, places, subject).effect === 'deny';
      // What is made or removed in a directory has a path of its own.
      const isDirectory = tree.inode(moved.ino)?.kind === 'directory';
      const own = isDirectory ? (['read', 'write', 'list'] as const) : (['read', 'write'] as const);
      const lost = own.find((each) => denied(each, moved.before) && !denied(each, moved.after));
      if (lost === undefined) continue;
      const { rule } = rules.decide(lost, moved.before, subject);
      return this.#refuse('move', rule, this.#idOf({ ino: moved.ino }), caller);
    }
    return undefined;
  }

  #refusalAt(
    operation: AccessOperation,
    places: readonly Place[],
    id: SherinId | null,
    caller: Caller,
  ): Refusal {
    const { rules, bots } = this.#parts;
    const { effect, rule } = rules.decide(operation, places, subjectOf(caller, bots));
    return effect === 'deny' ? this.#refuse(operation, rule, id, caller) : undefined;
  }

  /** @param rule null: there is too much to look through */
  async #refuse(what: string, rule: string | null, id: SherinId | null, caller: Caller): Promise<never> {
    await this.#parts.records.denied(what, id, caller, rule ?? 'too-much');
    const reason = rule === null ? `more than ${mostMoved} inodes under access rules` : `access rule ${rule}`;
    throw new SherinError('DENIED', { uid: caller.uid ?? -1, what: `${what} ${id ?? 'this'} (${reason})` });
  }

  #placesOf(ruled: Ruled): readonly Place[] {
    const { trees } = this.#parts;
    if ('id' in ruled) return trees.flatMap((tree) => placesOfId(tree, ruled.id, trees));
    if ('ino' in ruled) return trees.flatMap((tree) => placesOf(tree, ruled.ino, trees));
    const [tree] = trees;
    return [placeOfName(tree, ruled, ruled.kind)];
  }

  #idOf(ruled: Ruled): SherinId | null {
    if ('id' in ruled) return ruled.id;
    const [tree] = this.#parts.trees;
    const inode = 'ino' in ruled ? tree.inode(ruled.ino) : undefined;
    return tree.object(inode?.object ?? 0)?.id ?? null;
  }
}
