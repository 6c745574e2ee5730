/** What a text looks like, where no word says it. Each pattern is linear: no repetition stands within or directly beside another of the same characters. */

interface Shape {
  readonly name: string;
  readonly pattern: RegExp;
}

export const shapes: readonly Shape[] = [
  /** `12 * (3`, `2^10` */
  { name: 'arithmetic', pattern: /\d ?[-+*/^×÷] ?[\d(]/ },
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
