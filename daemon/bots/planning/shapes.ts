/** What a text looks like, where no word says it. Each pattern is linear: no repetition stands within or directly beside another of the same characters. */

interface Shape {
  readonly name: string;
  readonly pattern: RegExp;
}

/** What a calculator converts to; `in` and `how many` before them say that it is to. */
const units =
  '(?:(?:square|cubic) )?(?:[kcm]?m|[km]?g|mL|liters?|litres?|[kM]?W|[km]?J|[kMGT]i?B|k?Pa|psi|bar|atm|k?cal|kWh|eV|mph|km/h|m/s|[CFK]|' +
  'met(?:er|re)s?|kilomet(?:er|re)s?|miles?|inch(?:es)?|feet|foot|yards?|acres?|hectares?|grams?|kilograms?|pounds?|ounces?|gallons?|pints?|cups?|' +
  'seconds?|minutes?|hours?|days?|joules?|calories?|watts?|newtons?|pascals?|radians?|degrees?|knots?|celsius|fahrenheit|kelvin)(?![a-z])';
const number =
  '(?:\\d|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|(?:twen|thir|for|fif|six|seven|eigh|nine)ty|hundred|thousand|million)';

export const shapes: readonly Shape[] = [
  /** `12 * (3`, `2^-10`, `5!`, `17 mod 5` */
  { name: 'arithmetic', pattern: /\d ?[-+*/^×÷] ?-?[\d(]|\d!|\d (?:choose|mod) -?\d/ },
  /** `12% of 350`, `increase 80 by 15%` */
  { name: 'percentage', pattern: /\d ?% (?:of|off) [\d$€£]|\d by \d[\d.]{0,9} ?%/ },
  /** `two hundred and five plus twenty-three` */
  {
    name: 'sum-in-words',
    pattern: new RegExp(`${number} (?:plus|minus|times|divided by) ${number}`, 'i'),
  },
  /** `sqrt(2`, `sin(pi`; not `sin(x` */
  {
    name: 'value',
    pattern:
      /\b(?:sqrt|cbrt|abs|exp|ln|log(?:2|10)?|a?(?:sin|cos|tan)h?|gamma|erf|gcd|lcm|combinations|permutations)\((?:-?\d|pi\b)/i,
  },
  /** `to 20 digits` */
  { name: 'digits', pattern: /\bto \d{1,4} (?:digit|decimal|significant)/i },
  /** `is 91 prime` */
  { name: 'primality', pattern: /\bis \d+ (?:a )?prime/i },
  /** `integrate x^2 from 0 to 3`: a number, where `∫ x² dx` is a function. */
  { name: 'definite-integral', pattern: /(?:integra(?:te|l)|∫)[^\n]{0,100} from [^\n]{0,40} to /i },
  /** `root of cos(x) - x`; not of a number */
  {
    name: 'root-of-a-function',
    pattern: /(?<!square |cube )\b(?:roots?|zeros?) of [^\n]{0,40}(?<![a-z])x(?![a-z])/i,
  },
  /** `solve 2x + 3 = 11`, without words between */
  { name: 'solve', pattern: /\bsolve (?:\d|[a-z]{2,4}\(|[xyzt]\b)[^=\n]{0,80}=/i },
  /** `25 knots in km/h`, `how many feet are in a mile` */
  {
    name: 'conversion',
    pattern: new RegExp(`\\d[^\\n]{0,30} (?:in|to) ${units}|\\bhow many ${units} (?:are|is|make|in)\\b`, 'i'),
  },
  /** `3 apples` is none: units that a calculator knows. */
  {
    name: 'quantity',
    pattern:
      /\d ?(?:k?m|[cm]m|k?g|mg|lbs?|oz|miles?|inch(?:es)?|feet|ft|yards?|lit(?:er|re)s?|gallons?|km\/h|mph|°[CF]|celsius|fahrenheit|hours?|minutes?|seconds?|[kM]?W|[kM]?J|[kM]?B|bar|psi)(?![a-z])/i,
  },
  /** `2x + 1 = 7` */
  { name: 'equation', pattern: /(?:\d[xyz]|[xyz](?:\^|²|³)|\b[xyz]\b)[^=\n]{0,80}=/ },
  { name: 'analysis', pattern: /[∫∂∑√]/ },
  /** `H2 + O2 -> H2O` */
  { name: 'reaction', pattern: /[A-Z0-9)] ?(?:->|→|⇌) ?\d{0,2}[A-Z]/ },
  { name: 'formal', pattern: /[∀∃∧∨¬⊢⊨]/ },
  { name: 'code', pattern: /```|[{;]\r?\n|\bdef [a-z_]\w*\(|\bfunction [a-z_]\w*\(|#include ?[<"]|\w\(\)/i },
];
