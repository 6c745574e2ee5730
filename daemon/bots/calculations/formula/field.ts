/** Numbers of one kind, and what can be done with them. A formula is evaluated in the first field that has all it needs: exact, decimal, complex. */

export interface Field<Value> {
  number(text: string): Value;
  constant(name: string): Value | undefined;
  /** @throws Elsewhere, Failure */
  call(name: string, args: readonly Value[]): Value;
  /** The value as a whole number, where it is a small one. */
  whole(value: Value): number | undefined;
}

/** Nothing that is wrong: this field has no such value, the next one may. */
export class Elsewhere extends Error {}
