import type { Admins } from '../../../common/admins.js';
import { SherinError } from '../../../common/errors.js';
import type { SherinId } from '../../../common/ids.js';
import type { PolicyTag } from '../../manifest/records.js';
import type { Tree } from '../../manifest/tree.js';
import type { Caller } from '../../mount/source.js';
import type { AccessRules } from '../rules/access-rules.js';
import { mayRead } from './access.js';
import type { Records } from './records.js';

export interface RightsParts {
  readonly admins: Admins;
  readonly records: Records;
  readonly rules: AccessRules;
  /** As it is now. */
  readonly tree: () => Tree;
}

/** Who may do what besides modes: by the policy tags of paths, and by access rules. */
export class Rights {
  readonly #parts: RightsParts;

  constructor(parts: RightsParts) {
    this.#parts = parts;
  }

  /** By the tags and rules of all paths that lead here. */
  mayRead(ino: number, caller: Caller): boolean {
    const { tree, rules } = this.#parts;
    return this.#tagsLet(ino, caller, tree()) && (rules.guard()?.lets('read', { ino }, caller) ?? true);
  }

  /** Of all paths that lead here; what is closed now was not open in the past. */
  tags(ino: number, tree: Tree): readonly PolicyTag[] {
    const present = this.#parts.tree();
    const tags = tree.policiesOf(ino);
    return tree === present ? tags : [...tags, ...present.policiesOf(ino)];
  }

  /**
   * A tag belongs to the path; where several lead here the strictest decides.
   * @param inodes the one that was named; of content that is named by its ID all that have it. @throws SherinError DENIED, which is recorded
   */
  async requireTags(
    inodes: readonly number[],
    id: SherinId | null,
    caller: Caller,
    tree: Tree,
  ): Promise<void> {
    if (inodes.every((ino) => this.#tagsLet(ino, caller, tree))) return;
    await this.#parts.records.denied('open', id, caller);
    throw new SherinError('DENIED', { uid: caller.uid ?? -1, what: `read ${id ?? 'this file'}` });
  }

  /** By tags and rules, of somebody who does not come by way of the mount. @param inodes as for {@link requireTags} @throws SherinError DENIED, which is recorded */
  async requireRead(inodes: readonly number[], id: SherinId | null, caller: Caller): Promise<void> {
    const { tree, rules } = this.#parts;
    await this.requireTags(inodes, id, caller, tree());
    const [ino, ...others] = inodes;
    const ruled = ino !== undefined && others.length === 0 ? { ino } : id !== null ? { id } : null;
    if (ruled !== null) await rules.guard()?.refusal('read', ruled, caller);
  }

  /** Only administrators, at the mount. @throws SherinError DENIED, which is recorded */
  async requireAdmin(caller: Caller, call: string, what: string): Promise<void> {
    const { admins, records } = this.#parts;
    if (admins.has(caller)) return;
    await records.denied(call, null, caller);
    throw new SherinError('DENIED', { uid: caller.uid ?? -1, what });
  }

  /** Only administrators, and the user whom all of it belongs to. @throws SherinError DENIED, which is recorded */
  async requireOwner(owners: Iterable<number>, caller: Caller, call: string, what: string): Promise<void> {
    if (this.#parts.admins.has(caller)) return;
    const others = [...owners].filter((uid) => uid !== caller.uid);
    if (caller.uid !== null && others.length === 0) return;
    await this.#parts.records.denied(call, null, caller);
    throw new SherinError('DENIED', { uid: caller.uid ?? -1, what });
  }

  #tagsLet(ino: number, caller: Caller, tree: Tree): boolean {
    return this.tags(ino, tree).every((tag) => mayRead(tag, caller, this.#parts.admins));
  }
}
