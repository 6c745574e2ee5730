/** Units in words as formulas have them: `miles per hour` is `mile / hour`, `square feet` is `feet^2`. */
import { unitOf } from '../formula/units.js';

const phrases: readonly (readonly [RegExp, string])[] = [
  [/(\d)\s*["″]/g, '$1 inch'],
  [/(\d)\s*['′]/g, '$1 ft '],
  [/(\d) ?in\b(?= *(?:$|[-+*/^)]|in\b|to\b|into\b))/g, '$1 inch'],
  [/^in$/g, 'inch'],
  [/\bdegrees? +(?=(?:celsius|centigrade|fahrenheit|rankine|kelvin|[CFK])\b)/gi, ''],
  [/° *(?=[CFR]\b)/g, 'deg'],
  [/°/g, ' deg'],
  [/\b(?:uk|imperial) gallons?\b/gi, 'ukgal'],
  [/\b(?:uk|imperial) pints?\b/gi, 'ukpt'],
  [/\b(?:uk|imperial) fluid ounces?\b/gi, 'ukfloz'],
  [/\b(?:us|u\.s\.) (?=gallon|pint|quart|cup|fluid|ton)/gi, ''],
  [/\bfluid ounces?\b|\bfl\.? ?oz\b/gi, 'floz'],
  [/\btroy ounces?\b/gi, 'ozt'],
  [/\bnautical miles?\b/gi, 'nmi'],
  [/\blight[- ]years?\b/gi, 'ly'],
  [/\bastronomical units?\b/gi, 'au'],
  [/\bmetric tons?\b/gi, 'tonne'],
  [/\bshort tons?\b/gi, 'ton'],
  [/\blong tons?\b/gi, 'longton'],
  [/\b(?:pounds?|lbs?) per square inch\b/gi, 'psi'],
  [/\bpounds?[- ]force\b|\bpounds? of force\b/gi, 'lbf'],
  [/\bkilowatt[- ]?hours?\b/gi, 'kWh'],
  [/\bwatt[- ]?hours?\b/gi, 'Wh'],
  [/\belectron[- ]?volts?\b/gi, 'eV'],
  [/\b(?:mechanical )?horse ?powers?\b/gi, 'hp'],
  [/\bsq(?:uare)?\.? +(?!(?:root|of)\b)(\p{L}+)/giu, '$1^2'],
  [/\b(?:cubic|cu\.?) +(?!(?:root|of)\b)(\p{L}+)/giu, '$1^3'],
  [/\bper\b/gi, '/'],
];

export function unitsInWords(text: string): string {
  let formula = text.trim();
  for (const [phrase, spelling] of phrases) formula = formula.replace(phrase, spelling);
  // `5 ft 3 inch` is a sum.
  return formula
    .replace(/(\d ?)(\p{L}+) (?=\d)/gu, (all, number: string, name: string) =>
      unitOf(name) === undefined ? all : `${number}${name} + `,
    )
    .trim();
}
