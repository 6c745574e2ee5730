/** English phrases as formulas: `the square root of 144 plus 5` is `sqrt(144) + 5`. A function in words takes the next number, name or parenthesis. */

/** `$` stands for what the function is of, `#` for the number in the phrase. */
const functions: readonly (readonly [RegExp, string])[] = [
  [/(?:positive |principal )?square root of/i, 'sqrt($)'],
  [/cube root of/i, 'cbrt($)'],
  [/fourth root of/i, 'nthRoot($, 4)'],
  [/fifth root of/i, 'nthRoot($, 5)'],
  [/(\d+)(?:st|nd|rd|th) root of/i, 'nthRoot($, #)'],
  [/natural log(?:arithm)? of|ln of/i, 'ln($)'],
  [/log(?:arithm)?,? (?:to (?:the )?)?base[- ](\d+) of|base[- ](\d+) log(?:arithm)? of/i, 'log($, #)'],
  [/(?:common |decimal )log(?:arithm)? of|log10 of/i, 'log10($)'],
  [/absolute value of|modulus of/i, 'abs($)'],
  [/factorial of/i, '($)!'],
  [/exponential of/i, 'exp($)'],
  [/(?:arc|inverse )sine? of|arcsin of/i, 'asin($)'],
  [/(?:arc|inverse )cosine? of|arccos of/i, 'acos($)'],
  [/(?:arc|inverse )tangent of|arctan of/i, 'atan($)'],
  [/sine? of|sin of/i, 'sin($)'],
  [/cosine of|cos of/i, 'cos($)'],
  [/tangent of|tan of/i, 'tan($)'],
  [/reciprocal of/i, '(1 / $)'],
  [/half of|half/i, '($ / 2)'],
  [/(?:a |one |1 )?third of/i, '($ / 3)'],
  [/(?:a |one |1 )?quarter of/i, '($ / 4)'],
  [/(\d+) thirds of/i, '(# * $ / 3)'],
  [/(\d+) quarters of/i, '(# * $ / 4)'],
  [/twice|double/i, '(2 * $)'],
  [/triple/i, '(3 * $)'],
  [/square of/i, '($)^2'],
  [/cube of/i, '($)^3'],
];

const pairs: readonly (readonly [RegExp, string])[] = [
  [/^remainder (?:when|of|if) (.+?) (?:is )?divided by (.+)$/i, 'mod($1, $2)'],
  [/^(?:increase|raise) (.+?) by (.+?) ?(?:%|percent)$/i, '($1) * (1 + ($2) / 100)'],
  [/^(?:decrease|reduce|lower) (.+?) by (.+?) ?(?:%|percent)$/i, '($1) * (1 - ($2) / 100)'],
  [/^difference (?:between|of) (.+?) and (.+)$/i, '($1) - ($2)'],
  [/^quotient of (.+?) and (.+)$/i, '($1) / ($2)'],
  [/^average of (.+?) and (.+)$/i, '(($1) + ($2)) / 2'],
  [/^(?:number of )?combinations of (.+?) (?:from|out of) (.+)$/i, 'combinations($2, $1)'],
  [/^(?:number of )?permutations of (.+?) (?:from|out of) (.+)$/i, 'permutations($2, $1)'],
];

const lists: readonly (readonly [RegExp, string, string])[] = [
  [/^(?:gcd|gcf|hcf|greatest common (?:divisor|factor)|highest common factor) of (.+)$/i, 'gcd(', ', '],
  [/^(?:lcm|least common multiple|lowest common multiple) of (.+)$/i, 'lcm(', ', '],
  [/^sum of (.+)$/i, '(', ' + '],
  [/^product of (.+)$/i, '(', ' * '],
];

/** After articles are gone. */
const words: readonly (readonly [RegExp, string])[] = [
  [/\bto (?:power (?:of )?)?(\d+)(?:st|nd|rd|th)(?: power)?\b/gi, '^ $1'],
  [/\b(?:raised )?to power(?: of)?\b/gi, '^'],
  [/(\d)(?: ?%| percent) of /gi, '$1 / 100 * '],
  [/\bplus\b/gi, '+'],
  [/\bminus\b/gi, '-'],
  [/\b(?:times|multiplied by)\b/gi, '*'],
  [/\b(?:divided by|over)\b/gi, '/'],
  [/\bmodulo\b/gi, 'mod'],
  [/ squared\b/gi, '^2'],
  [/ cubed\b/gi, '^3'],
  [/(\d) factorial\b/gi, '$1!'],
  [/(\w+|\([^()]*\)) choose (\w+|\([^()]*\))/gi, 'combinations($1, $2)'],
  [/\b(\d+) ?C ?(\d+)\b/g, 'combinations($1, $2)'],
  [/\b(\d+) ?P ?(\d+)\b/g, 'permutations($1, $2)'],
  [/ percent\b/gi, '%'],
];

/** Letters and signs that formulas have; the parser would pass over what follows a `#`. */
const formulaText = /^[\p{L}\d\s.+\-*/^%!(),°_]*$/u;

/** Undefined for what can't be a formula. */
export function formulaIn(text: string): string | undefined {
  let formula = text.replace(/^(?:the|a) /i, '').replace(/\bthe\b ?/gi, '');
  formula = listed(formula);
  for (const [pattern, spelling] of pairs) formula = formula.replace(pattern, spelling);
  formula = withoutThousands(formula);
  formula = calls(formula);
  for (const [pattern, spelling] of words) formula = formula.replace(pattern, spelling);
  return formulaText.test(formula) ? formula.trim() : undefined;
}

function listed(text: string): string {
  for (const [pattern, start, between] of lists) {
    const [, list = ''] = pattern.exec(text) ?? [];
    // `sum of 2 and 3, times 4` has no one meaning.
    if (list === '' || /[()]/.test(list) || /\b(?:times|plus|minus|divided)\b/i.test(list)) continue;
    return `${start}${list.split(/,? and |, ?/i).join(between)})`;
  }
  return text;
}

/** `1,234.5`; between parentheses a comma parts arguments. */
function withoutThousands(text: string): string {
  let depth = 0;
  return text.replace(/[()]|(?<![\d.,])\d{1,3}(?:,\d{3})+(?![\d,])/g, (part) => {
    if (part === '(') depth += 1;
    else if (part === ')') depth -= 1;
    else if (depth === 0) return part.replaceAll(',', '');
    return part;
  });
}

/** Functions in words, the last one first: what it is of has no words any more. */
function calls(text: string): string {
  let formula = text;
  for (let found = lastPhrase(formula); found !== undefined; found = lastPhrase(formula)) {
    const rest = formula.slice(found.end);
    const length = operandLength(rest);
    if (length === 0) return formula;
    const call = found.spelling.replace('$', () => rest.slice(0, length).trim());
    formula = formula.slice(0, found.start) + call + rest.slice(length);
  }
  return formula;
}

function lastPhrase(text: string): { start: number; end: number; spelling: string } | undefined {
  const all = functions.flatMap(([pattern, spelling]) =>
    [...text.matchAll(new RegExp(`\\b(?:${pattern.source})(?=[ (\\d])`, 'gi'))].map((match) => ({
      start: match.index,
      end: match.index + match[0].length,
      spelling: spelling.replace('#', () => match.slice(1).find((part) => part !== undefined) ?? ''),
    })),
  );
  // Of those that end at the same place the longest: `square root of`, `inverse sine of`.
  return all.sort((one, other) => other.end - one.end || one.start - other.start)[0];
}

/** Characters of a number, a name with or without arguments, or a parenthesis. */
function operandLength(text: string): number {
  const [start = ''] =
    /^ *-?(?:[\d.]+(?:e[-+]?\d+)?(?: ?(?:degrees?|deg|radians?|rad|°))?[!%]?|[a-z]\w*)?/i.exec(text) ?? [];
  if (text[start.length] !== '(')
    return start.trim() === '-' ? 0 : start.trimStart() === '' ? 0 : start.length;
  let depth = 0;
  for (let at = start.length; at < text.length; at += 1) {
    if (text[at] === '(') depth += 1;
    if (text[at] === ')' && --depth === 0) return at + 1;
  }
  return 0;
}
