/** Sides that do something wrong, to see that the comparison finds it. */
import type { Operation, OperationName, Outcome, Step } from './operation.js';
import type { Stage } from './sequence.js';

export interface Lie {
  readonly name: string;
  /** The operation that is done wrong; the smallest case ends with it or one that shows it. */
  readonly about: OperationName;
  readonly instead: (operation: Operation) => Operation;
  /** Steps of the smallest case that shows it. */
  readonly smallest: number;
}

export const lies: readonly Lie[] = [
  {
    name: 'truncates one byte too far',
    about: 'truncate',
    instead: (operation) =>
      operation.do === 'truncate' && operation.size > 0
        ? { ...operation, size: operation.size - 1 }
        : operation,
    smallest: 2,
  },
  {
    name: 'forgets to append',
    about: 'open',
    instead: (operation) =>
      operation.do === 'open'
        ? { ...operation, flags: operation.flags.filter((flag) => flag !== 'APPEND') }
        : operation,
    smallest: 5,
  },
  {
    name: 'leaves data where a hole is punched',
    about: 'fallocate',
    instead: (operation) =>
      operation.do === 'fallocate' && operation.mode === 'punch'
        ? { ...operation, mode: 'keep-size' }
        : operation,
    smallest: 4,
  },
  {
    name: 'changes a time that is to stay',
    about: 'utimens',
    instead: (operation) =>
      operation.do === 'utimens' && operation.change === 'omit' ? { ...operation, change: 'now' } : operation,
    smallest: 2,
  },
];

/** A side that tells this lie. */
export function lying(side: Stage, { instead }: Lie): Stage {
  return {
    begin: () => side.begin(),
    run: (step: Step): Promise<Outcome> => side.run({ ...step, operation: instead(step.operation) }),
    release: (which) => side.release(which),
    remains: () => side.remains(),
    clear: () => side.clear(),
  };
}
