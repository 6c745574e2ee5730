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

/** Keys by what they are hashes of: the same is asked again and again. Beyond it all are forgotten. */
const mostHeld = 4096;
const held = new Map<string, PatternKey>();

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
  const { request, domain, department, bot, botVersion, inputs, objects = [] } = question;
  const looksAt = inputs === 'pure' ? ['pure'] : ['namespace', inputs.namespace, inputs.head];
  const fields: unknown[] = ['sherin pattern 1', hexPartOf(request), domain, department, question.class];
  fields.push(bot, botVersion, looksAt);
  if (objects.length > 0) fields.push(['objects', ...objects.map(hexPartOf)]);
  const text = JSON.stringify(fields);
  const known = held.get(text);
  if (known !== undefined) return known;
  const key = sha256(Buffer.from(text)) as PatternKey;
  if (held.size >= mostHeld) held.clear();
  held.set(text, key);
  return key;
}

/** The last 32 characters, see common/ids.ts. */
function hexPartOf(id: SherinId): string {
  return asSherinId(id).slice(-32);
}
