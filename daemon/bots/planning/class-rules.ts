/** Words that tell what is wanted. Only classes of the domain count, and of those that weigh the same its first one. */

export interface ClassRule {
  readonly class: string;
  readonly weight: number;
  /** Words or phrases divided by commas, or `#shape`. */
  readonly phrases: string;
}

export const classRules: readonly ClassRule[] = [
  {
    class: 'fix',
    weight: 4,
    phrases:
      'fix, debug, bug, does not work, doesnt work, error in, wrong with, crash, segfault, segmentation fault, fail',
  },
  { class: 'review', weight: 4, phrases: 'review, code review, improve this, critique' },
  { class: 'test', weight: 4, phrases: 'write test, write a test, unit test, test for, test case, coverage' },
  {
    class: 'convert',
    weight: 4,
    phrases: 'convert, conversion, in celsius, in fahrenheit, how many kilometer, how many mile',
  },
  {
    class: 'prove',
    weight: 4,
    phrases: 'prove, proof, show that, disprove, valid, tautology, follows from, #formal',
  },
  {
    class: 'simulate',
    weight: 4,
    phrases: 'simulate, simulation, model the, scenario, wargame, war game, role play, triage exercise',
  },
  {
    class: 'translate',
    weight: 4,
    phrases: 'translate, translation, into german, into french, into english, into spanish',
  },
  { class: 'summarize', weight: 4, phrases: 'summarize, summarise, summary, in short, key points of' },
  {
    class: 'find',
    weight: 3,
    phrases: 'find, where does it say, which document, which file, look up, search, quote, mentioned in',
  },
  { class: 'write', weight: 2, phrases: 'write, implement, create, draft, compose, generate' },
  { class: 'explain', weight: 5, phrases: 'explain' },
  {
    class: 'explain',
    weight: 2,
    phrases: 'why, how does, how do, describe, what is, what are, difference between, meaning of, define',
  },
  { class: 'compute', weight: 1, phrases: 'calculate, compute, how much, how many, #arithmetic' },
  {
    class: 'solve',
    weight: 3,
    phrases:
      'solve, find all, calculate, determine, how fast, how far, how long, how much, balance, evaluate, compute, #equation',
  },
];
