import { type Gate, gates, type Thresholds } from '../../common/policy-floor.js';
import type { EmotionEvent } from '../protocol/methods/event.js';

type Values = Readonly<Record<Gate, number>>;

/** Which gates are below their thresholds; none is while nothing was measured. */
export class GateWatch {
  readonly #below = new Set<Gate>();

  /** What has crossed its threshold since the last look. */
  look(values: Values, thresholds: Thresholds): EmotionEvent[] {
    return gates.flatMap((dimension): EmotionEvent[] => {
      const [value, threshold] = [values[dimension], thresholds[dimension]];
      const below = value < threshold;
      if (below === this.#below.has(dimension)) return [];
      if (below) this.#below.add(dimension);
      else this.#below.delete(dimension);
      return [{ kind: 'emotion', dimension, crossed: below ? 'down' : 'up', value, threshold }];
    });
  }
}
