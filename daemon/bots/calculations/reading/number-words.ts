/** Numbers in words: `twenty-three`, `two hundred and five`, `3.5 million`. */

const small = [
  ...['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'],
  ...['eleven', 'twelve', 'thirteen', 'fourteen', 'fifteen', 'sixteen', 'seventeen', 'eighteen', 'nineteen'],
];
const tens = ['twenty', 'thirty', 'forty', 'fifty', 'sixty', 'seventy', 'eighty', 'ninety'];
const scales: Readonly<Record<string, bigint>> = {
  hundred: 100n,
  thousand: 1_000n,
  million: 1_000_000n,
  billion: 1_000_000_000n,
  trillion: 1_000_000_000_000n,
};

const word = [...small, ...tens].join('|');
const anyWord = `${word}|${Object.keys(scales).join('|')}`;
const words = new RegExp(`\\b(?:${word})(?:(?:-| | and )(?:${anyWord}))*\\b(?!-way)`, 'gi');
const scaled = new RegExp(`(\\d(?:[\\d.,]*\\d)?) (${Object.keys(scales).join('|')})\\b`, 'gi');

export function numbersInWords(text: string): string {
  return text
    .replace(/\ban? (?=(?:hundred|thousand|million|billion|trillion)\b)/gi, 'one ')
    .replace(words, (phrase) => numberOf(phrase.toLowerCase().split(/-| and | /), phrase))
    .replace(scaled, (_, number: string, scale: string) => `(${number} * ${scales[scale.toLowerCase()]})`);
}

/** Where it is no number, such as `two three`, each word is one. */
function numberOf(parts: readonly string[], phrase: string): string {
  let total = 0n;
  let group = 0n;
  let last = 1_000n;
  for (const part of parts) {
    const value = BigInt(small.indexOf(part) >= 0 ? small.indexOf(part) : (tens.indexOf(part) + 2) * 10);
    const scale = scales[part];
    if (scale === 100n) group *= 100n;
    else if (scale !== undefined) {
      total += group * scale;
      group = 0n;
    } else if (value >= last || (last >= 10n && last < 20n) || (last < 100n && value >= 10n))
      return apart(phrase);
    else group += value;
    last = scale === undefined ? value : 100n;
    if (value === 0n && scale === undefined) last = 0n;
  }
  return String(total + group);
}

function apart(phrase: string): string {
  return phrase.replace(new RegExp(`\\b(?:${word})\\b`, 'gi'), (part) => {
    const name = part.toLowerCase();
    return String(small.indexOf(name) >= 0 ? small.indexOf(name) : (tens.indexOf(name) + 2) * 10);
  });
}
