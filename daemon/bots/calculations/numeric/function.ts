/** A formula of one variable as a function, with a bound on how often it is called. */
import { Failure } from '../failure.js';
import { evaluate } from '../formula/evaluate.js';
import { Elsewhere, type Field } from '../formula/field.js';
import { type Formula, namesIn, sizeOf } from '../formula/formula.js';
import { plain } from '../formula/quantity.js';

const constants: ReadonlySet<string> = new Set(['pi', 'tau', 'e', 'phi']);

/** The one name in it that is no constant; `x` when there is none. @throws Failure not-understood */
export function variableOf(formula: Formula): string {
  const [name = 'x', ...others] = [...namesIn(formula)].filter((each) => !constants.has(each));
  if (others.length > 0) throw new Failure('not-understood');
  return name;
}

/** What it returns throws Failure: not-converged after `most` operations, not-defined where the field has no value. */
export function functionOf<Value>(formula: Formula, field: Field<Value>, most: number): (x: Value) => Value {
  const variable = variableOf(formula);
  const size = sizeOf(formula);
  let operations = 0;
  return (x) => {
    operations += size;
    if (operations > most) throw new Failure('not-converged');
    try {
      const { value, dimensions } = evaluate(formula, field, new Map([[variable, plain(x)]]));
      if (dimensions.size > 0) throw new Failure('not-understood');
      return value;
    } catch (error) {
      throw error instanceof Elsewhere ? new Failure('not-defined') : error;
    }
  };
}
