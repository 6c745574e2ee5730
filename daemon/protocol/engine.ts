/** Methods of the control socket for sherind alone: what the policy engine keeps in the vault, and what goes into the audit log. */
import { z } from 'zod';
import { stops } from '../../common/policy-scales.js';
import { isShortName } from '../../common/short-name.js';
import { callerSchema } from './objects.js';
import { type Method, method, nothing } from './terms.js';

/** Records of one request; all of them durable or, where one can't be, none answered. */
export const mostRecords = 300;

type Meta = Record<string, string | number | boolean | null>;

const metaName = /^[a-z][A-Za-z0-9]{0,31}$/;

/** One look at each member: the schema of a record that holds a union costs more than to append it. */
function isMeta(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.entries(value).every(([name, member]) => metaName.test(name) && isMetaValue(member));
}

function areShortNames(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > mostRecords) return false;
  return value.every((name) => typeof name === 'string' && isShortName(name));
}

function isMetaValue(value: unknown): boolean {
  if (typeof value === 'string') return isShortName(value);
  return value === null || typeof value === 'boolean' || Number.isFinite(value);
}

const event = z
  .string()
  .regex(/^AUDIT_(POLICY|TASK|BOT|GRANT|DAEMON)_[A-Z_]{1,40}$/, 'an audit event is wanted');
const meta = z.custom<Meta>(isMeta, 'short names, numbers, booleans and null by name are wanted');

/** As it stands in the audit log; the actor is the caller. */
export const auditEventSchema = z.strictObject({ event, id: z.string().max(64).nullable(), meta });
export type DaemonAuditEvent = z.infer<typeof auditEventSchema>;

/** Records that differ by nothing but what they are about. */
export const auditSeriesSchema = z.strictObject({
  event,
  ids: z.custom<string[]>(areShortNames, 'short names are wanted'),
  meta,
});

export type DaemonAuditSeries = z.infer<typeof auditSeriesSchema>;

/** Callers of one request. */
export const mostEntries = 64;

const events = z.array(auditEventSchema).max(mostRecords);
/** Whom it was for; null: sherind itself. */
const caller = callerSchema.nullable();
const entrySchema = z.strictObject({ events, caller });
export type DaemonAuditEntry = z.infer<typeof entrySchema>;
/** As sherind made it; sherin-fs holds the floor in it against the one that is there, and obeys the stop. */
const state = z.looseObject({ floor: z.unknown(), stop: z.enum(stops) });

/** Beside the others of the control socket; from root and the user who runs sherin-fs only. */
export const engineMethods = {
  'policy.read': method(
    'The state of the policy engine; null: there never was one',
    nothing,
    z.strictObject({ state: state.nullable() }),
  ),
  'policy.write': method(
    'Records what happened, then keeps a state of the policy engine in the vault; durable when answered',
    z.strictObject({ state, events, caller }),
    nothing,
  ),
  'policy.freeze': method(
    'Commits what programs have written and refuses every change from now on, until a state is written whose stop is another',
    z.strictObject({ caller }),
    nothing,
  ),
  'audit.append': method(
    'Records what happened to each caller, in order; durable when answered where it says so, else within some milliseconds',
    z.strictObject({ entries: z.array(entrySchema).min(1).max(mostEntries), durable: z.boolean() }),
    nothing,
  ),
} as const satisfies Record<string, Method>;
