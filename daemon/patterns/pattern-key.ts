import { asSherinId, type SherinId } from '../../common/ids.js';
import { sha256 } from '../../common/merkle.js';

declare const brand: unique symbol;

/** 32 bytes: what must be equal for an old answer to be the answer. */
export type PatternKey = Buffer & { readonly [brand]: 'PatternKey' };

/** What a bot's answer depends on besides the request. */
export type DeclaredInputs =
  | 'pure'
  /** It looks into the files of a namespace; `head` names their state, so that an import makes old answers miss. */
  | { readonly namespace: string; readonly head: string };

/** The key of what was asked last of a request: the same is asked again and again. Beyond it all are forgotten. */
const mostHeld = 4096;
const held = new Map<SherinId, { readonly question: Question; readonly key: PatternKey }>();

export interface Question {
  readonly request: SherinId;
  readonly domain: string;
  readonly department: string;
  readonly class: string;
  readonly bot: string;
  readonly botVersion: string;
  readonly inputs: DeclaredInputs;
  /** What the bot is given besides the request. */
  readonly objects?: readonly SherinId[];
}

/**
 * SHA-256 over the canonical JSON (RFC 8785; strings in arrays have one form) of an array, so that no two questions share an encoding. Of the request's ID only the hex part counts: it is a
 * keyed hash of the content, equal for equal questions of any day and namespace, and nobody can guess it.
 * @throws SherinError ID_MALFORMED
 */
export function patternKey(question: Question): PatternKey {
  const known = held.get(question.request);
  if (known !== undefined && isSame(known.question, question)) return known.key;
  const key = sha256(Buffer.from(encoded(question))) as PatternKey;
  if (held.size >= mostHeld) held.clear();
  held.set(question.request, { question, key });
  return key;
}

function encoded(question: Question): string {
  const { request, domain, department, bot, botVersion, inputs, objects = [] } = question;
  const looksAt = inputs === 'pure' ? ['pure'] : ['namespace', inputs.namespace, inputs.head];
  const fields: unknown[] = ['sherin pattern 1', hexPartOf(request), domain, department, question.class];
  fields.push(bot, botVersion, looksAt);
  if (objects.length > 0) fields.push(['objects', ...objects.map(hexPartOf)]);
  return JSON.stringify(fields);
}

/** Of one request: true where nothing differs; false, too, where more than the request is looked at. */
function isSame(one: Question, other: Question): boolean {
  if (one.inputs !== 'pure' || other.inputs !== 'pure') return false;
  if ((one.objects ?? []).length > 0 || (other.objects ?? []).length > 0) return false;
  const sameWork =
    one.domain === other.domain && one.department === other.department && one.class === other.class;
  return sameWork && one.bot === other.bot && one.botVersion === other.botVersion;
}

/** The last 32 characters, see common/ids.ts. */
function hexPartOf(id: SherinId): string {
  return asSherinId(id).slice(-32);
}
