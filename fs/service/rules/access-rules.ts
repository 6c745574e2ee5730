import type { AccessRecord } from '../../../common/access/record.js';
import { noAccessRules } from '../../../common/access/record.js';
import type { Tree } from '../../manifest/tree.js';
import type { BotFolders } from '../../mount/bots/folders.js';
import type { Records } from '../session/records.js';
import type { Standing } from '../standing.js';
import { Guard } from './access-guard.js';
import { RuleSet } from './rule-set.js';

export interface AccessRulesParts {
  readonly records: Records;
  readonly bots: Pick<BotFolders, 'all'>;
  /** As it is now. */
  readonly tree: () => Tree;
  readonly standing: Pick<Standing, 'lapse'>;
}

/** The access rules in force while a vault is open. */
export class AccessRules {
  readonly #parts: AccessRulesParts;
  #record: AccessRecord | null = noAccessRules;
  #set = new RuleSet(noAccessRules);

  constructor(parts: AccessRulesParts) {
    this.#parts = parts;
  }

  /** As the vault keeps them; null: that can't be read, and everything is refused. */
  get record(): AccessRecord | null {
    return this.#record;
  }

  get set(): RuleSet {
    return this.#set;
  }

  /** From now on these hold. */
  take(record: AccessRecord | null): void {
    this.#parts.standing.lapse();
    this.#record = record;
    this.#set = new RuleSet(record);
  }

  /** Null: there are none. @param past a tree of the past, whose names count beside those of now */
  guard(past: Tree | null = null): Guard | null {
    if (this.#set.empty) return null;
    const { records, bots, tree } = this.#parts;
    const present = tree();
    const trees = past === null ? ([present] as const) : ([present, past] as const);
    return new Guard({ rules: this.#set, records, bots, trees });
  }
}
