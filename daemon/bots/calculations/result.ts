/** A result as text: the value alone in the first line, then what was computed, so that a reader can check it. */

export interface Result {
  readonly value: string;
  /** The question as it was understood. */
  readonly computed: string;
  /** Accuracy, further figures. */
  readonly notes: readonly string[];
}

export function written({ value, computed, notes }: Result): string {
  return `${[value, `computed: ${computed}`, ...notes].join('\n')}\n`;
}
