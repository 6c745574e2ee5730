/** The access rules as they lie in the vault: written there first, then in force. */
import { type AccessRecord, accessRecordSchema, noAccessRules } from '../../../common/access/record.js';
import type { AccessRule } from '../../../common/access/rules.js';
import type { Admins } from '../../../common/admins.js';
import { SherinError } from '../../../common/errors.js';
import { jcs } from '../../../common/jcs.js';
import type { Logger } from '../../../common/log.js';
import { Turns } from '../../../common/turns.js';
import type { Peer } from '../../../native/ipc.js';
import { actorOf } from '../actor.js';
import { PolicyRecord } from '../session/policy-record.js';
import type { Session } from '../session/session.js';
import type { VaultView } from '../session/vault-view.js';

/** What the vault has; null where that can't be read. @throws SherinError LOCKED */
export async function readRules(session: Session, log: Logger): Promise<AccessRecord | null> {
  try {
    const bytes = await new PolicyRecord(session, 'access').read();
    return bytes === null ? noAccessRules : accessRecordSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (error) {
    // Its message could hold a pattern, which is a name of the vault.
    const code = error instanceof SherinError ? error.code : 'malformed';
    log.error({ code }, 'the access rules can not be read: everything in the mount is refused');
    return null;
  }
}

export interface KeptRulesParts {
  readonly vault: VaultView;
  readonly admins: Admins;
  /** Takes back what is opened without a decision. */
  readonly withdraw: () => Promise<void>;
}

export class KeptRules {
  readonly #parts: KeptRulesParts;
  readonly #turns = new Turns();

  constructor(parts: KeptRulesParts) {
    this.#parts = parts;
  }

  /** Null: they can't be read. @throws SherinError LOCKED, TPM_* */
  async list(): Promise<AccessRecord | null> {
    return (await this.#parts.vault.unlocked()).rules.record;
  }

  /**
   * Puts other rules in the place of those that are there; those of the floor stay. In force when it resolves, for every open from then on.
   * @param version that they had; null: whichever
   * @returns the new version
   * @throws SherinError DENIED for all but administrators, which is recorded; RULES_CHANGED, AUDIT_UNWRITABLE, NO_SPACE, IO, LOCKED
   */
  set(rules: readonly AccessRule[], version: number | null, peer: Peer): Promise<number> {
    return this.#turns.run(async () => {
      const session = await this.#parts.vault.unlocked();
      if (!this.#parts.admins.hasPeer(peer)) {
        await session.records.denied('rules.set', null, peer);
        throw new SherinError('DENIED', { uid: peer.uid, what: 'set access rules' });
      }
      const before = session.rules.record ?? noAccessRules;
      if (version !== null && version !== before.version)
        throw new SherinError('RULES_CHANGED', { version: before.version });
      const record = accessRecordSchema.parse({ ...before, version: before.version + 1, rules });
      const meta = { version: record.version, rules: rules.length, before: before.rules.length };
      await session.records.record({ event: 'AUDIT_POLICY_RULES', id: null, actor: actorOf(peer), meta });
      await new PolicyRecord(session, 'access').write(Buffer.from(jcs(record)));
      session.rules.take(record);
      await this.#parts.withdraw();
      return record.version;
    });
  }
}
