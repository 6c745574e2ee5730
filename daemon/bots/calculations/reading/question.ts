/** A request's text as the readers take it: one spelling of signs, no courtesies, the digits that are asked for apart. */
import { Failure } from '../failure.js';
import type { Digits } from '../formula/rounding.js';
import { checkedDigits } from '../formula/value.js';
import { numbersInWords } from './number-words.js';

export interface Question {
  /** In one line. */
  readonly text: string;
  /** With its lines, for tables. */
  readonly lines: readonly string[];
  readonly digits: Digits | undefined;
}

/** What stands for the same, as formulas have it. */
const signs: readonly (readonly [RegExp, string])[] = [
  [/[×·⋅∙]/g, '*'],
  [/÷/g, '/'],
  [/[−–]/g, '-'],
  [/⁰/g, '^0'],
  [/¹/g, '^1'],
  [/²/g, '^2'],
  [/³/g, '^3'],
  [/⁴/g, '^4'],
  [/⁻\^/g, '^-'],
  [/[πΠ]/g, 'pi'],
  [/√/g, 'square root of '],
  [/∛/g, 'cube root of '],
  [/∞/g, 'infinity'],
  [/∫/g, 'integral of '],
  [/[\u00a0\u2009\u202f\t]/g, ' '],
  [/\r\n?/g, '\n'],
  [/[’]/g, "'"],
];

const courtesies =
  /^(?:(?:hi|hello|please|kindly|can you|could you|would you|tell me|i need|i want|i would like) *,? *|(?:what is|what's|what are|what was|how much is|how much are|calculate|compute|evaluate|work out|give me|give|determine|find out|find)(?: the (?:value|result|numerical value) of)? *:? *|numerically +)/i;
const ends = /(?:[\s?.!=]|,? *(?:please|thanks|thank you|numerically))+$/i;

const digitWords: Readonly<Record<string, number>> = {
  ...{ one: 1, two: 2, three: 3, four: 4, five: 5, six: 6, seven: 7, eight: 8, nine: 9, ten: 10 },
};

const asked =
  /,? *(?:\(? *(?:correct|rounded|accurate|round|give the answer|give it|precise|with|exact))? *(?:to|with) +(\d{1,9}|one|two|three|four|five|six|seven|eight|nine|ten) +(significant +digits?|significant +figures?|sig\.? +figs?|digits?|decimal +places?|decimals?|decimal +digits?|places?) *\)?$/i;
const nearest =
  /,? *(?:rounded +)?to +(?:the +)?nearest +(whole +number|integer|unit|tenth|hundredth|cent|thousandth)$/i;
const nearestPlaces: Readonly<Record<string, number>> = { tenth: 1, hundredth: 2, cent: 2, thousandth: 3 };

/** @throws Failure empty-request, too-large */
export function questionOf(request: string): Question {
  let text = request.normalize('NFC').trim();
  for (const [sign, spelling] of signs) text = text.replace(sign, spelling);
  const { bare, digits } = withoutDigits(withoutCourtesies(text));
  if (bare === '') throw new Failure('empty-request');
  checkedDigits(digits);
  const lines = bare.split('\n').map((line) => line.replace(/\s+/g, ' ').trim());
  return { text: numbersInWords(lines.join(' ')), lines, digits };
}

function withoutCourtesies(text: string): string {
  // A factorial's mark is no end of a sentence.
  const factorial = /[\w)]!+$/.test(text);
  const tail = Math.max(0, text.length - 120);
  let bare = factorial ? text : text.slice(0, tail) + text.slice(tail).replace(ends, '');
  for (let before = ''; before !== bare; ) {
    before = bare;
    bare = bare.replace(courtesies, '');
  }
  return bare.trim();
}

/** They stand at the end, or at the end of the first line above data. */
function withoutDigits(text: string): { bare: string; digits: Digits | undefined } {
  const at = text.indexOf('\n');
  const parts = at < 0 ? [text] : [text.slice(0, at).replace(/:\s*$/, ''), text.slice(at)];
  const [head = '', data = ''] = parts;
  for (const [start, end] of [
    [head, data],
    [text, ''],
  ] as const) {
    const digits = digitsAt(start);
    if (digits !== undefined) return { bare: digits.rest.trimEnd() + end, digits: digits.asked };
  }
  return { bare: text, digits: undefined };
}

function digitsAt(text: string): { rest: string; asked: Digits } | undefined {
  const tail = Math.max(0, text.length - 120);
  const [head, end] = [text.slice(0, tail), text.slice(tail)];
  const some = asked.exec(end);
  if (some !== null) {
    const [whole, number = '', unit = ''] = some;
    const count = digitWords[number.toLowerCase()] ?? Number(number);
    const kind = /place|decimal/i.test(unit) ? 'places' : 'significant';
    if (kind === 'significant' && count === 0) throw new Failure('not-understood');
    return { rest: head + end.slice(0, end.length - whole.length), asked: { kind, count } };
  }
  const near = nearest.exec(end);
  if (near === null) return undefined;
  const count = nearestPlaces[near[1]?.toLowerCase() ?? ''] ?? 0;
  return { rest: head + end.slice(0, near.index), asked: { kind: 'places', count } };
}
