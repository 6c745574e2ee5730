/**
 * Why the reference refuses bytes. Cube faults carry the names of the quarantine record (FORMAT.md, "Manifest log");
 * `key` is a key that opens nothing, `log` a manifest or audit log that contradicts itself.
 */
export type Fault =
  | 'malformed'
  | 'sealed'
  | 'root'
  | 'tag'
  | 'leaf'
  | 'padding'
  | 'signature'
  | 'key'
  | 'log'
  | 'missing';

export class Refused extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, part: string) {
    super(`${fault}: ${part}`);
    this.name = 'Refused';
    this.fault = fault;
  }
}

export function malformed(part: string): Refused {
  return new Refused('malformed', part);
}

/** @throws Refused malformed */
export function must(holds: boolean, part: string): asserts holds {
  if (!holds) throw malformed(part);
}
