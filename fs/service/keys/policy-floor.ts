import { type AccessRecord, accessRecordSchema, noAccessRules } from '../../../common/access/record.js';
import type { AccessRule } from '../../../common/access/rules.js';
import { SherinError } from '../../../common/errors.js';
import { jcs } from '../../../common/jcs.js';
import { atLeast, type Thresholds, thresholdsSchema } from '../../../common/policy-floor.js';
import type { AuditActor } from '../../audit/event.js';
import { PolicyRecord } from '../session/policy-record.js';
import type { Session } from '../session/session.js';

export interface NewFloor {
  /** The least thresholds; those that are not given stay. */
  readonly thresholds: { readonly [G in keyof Thresholds]?: number | undefined };
  /** Access rules in place of those of the floor; null: those stay. */
  readonly rules: readonly AccessRule[] | null;
}

export interface Floor {
  readonly thresholds: Thresholds;
  readonly rules: readonly AccessRule[];
}

/** What sherind keeps, as far as the floor is concerned. */
interface KeptPolicy {
  readonly version: number;
  readonly thresholds: Thresholds;
  readonly floor: Thresholds;
  readonly [member: string]: unknown;
}

/**
 * Changes what no method of any socket can: for who has opened the vault with the recovery key, while nothing serves it. Thresholds
 * below the new floor rise to it. Durable when it resolves.
 * @throws SherinError POLICY_NONE where sherind has never kept a policy in this vault; RULE_KNOWN for a name that another rule has;
 * AUDIT_UNWRITABLE, NO_SPACE, IO: one of both may have changed then
 */
export async function changeFloor(session: Session, wanted: NewFloor, actor: AuditActor): Promise<Floor> {
  const before = await keptPolicy(session);
  const access = session.rules.record ?? noAccessRules;
  const floor = thresholdsSchema.parse({ ...before.floor, ...given(wanted.thresholds) });
  const rules = wanted.rules === null ? access : withFloor(access, wanted.rules);
  const meta = { ...floor, rules: rules.floor.length, before: access.floor.length };
  await session.records.record({ event: 'AUDIT_POLICY_FLOOR', id: null, actor, meta });
  const version = before.version + 1;
  const policy = { ...before, version, floor, thresholds: atLeast(before.thresholds, floor) };
  await new PolicyRecord(session, 'policy').write(Buffer.from(jcs(policy)));
  if (wanted.rules !== null) await new PolicyRecord(session, 'access').write(Buffer.from(jcs(rules)));
  return { thresholds: floor, rules: rules.floor };
}

async function keptPolicy(session: Session): Promise<KeptPolicy> {
  const bytes = await new PolicyRecord(session, 'policy').read();
  if (bytes === null) throw new SherinError('POLICY_NONE');
  return JSON.parse(bytes.toString('utf8')) as KeptPolicy;
}

/** @throws SherinError RULE_KNOWN */
function withFloor(access: AccessRecord, floor: readonly AccessRule[]): AccessRecord {
  const known = floor.find(({ name }) => access.rules.some((rule) => rule.name === name));
  if (known !== undefined) throw new SherinError('RULE_KNOWN', { rule: known.name });
  return accessRecordSchema.parse({ ...access, version: access.version + 1, floor });
}

function given(thresholds: NewFloor['thresholds']): Partial<Thresholds> {
  return Object.fromEntries(Object.entries(thresholds).filter(([, value]) => value !== undefined));
}
