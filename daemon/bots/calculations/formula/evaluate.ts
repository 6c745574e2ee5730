/** A formula's value. Names are variables, then constants, then units. */
import { Failure } from '../failure.js';
import { Elsewhere, type Field } from './field.js';
import { type Formula, parseFormula } from './formula.js';
import { combined, none, plain, type Quantity, same } from './quantity.js';
import { unitOf } from './units.js';

export type Variables<Value> = ReadonlyMap<string, Quantity<Value>>;

/** @throws Failure; Elsewhere, when the field has not all of it */
export function evaluate<Value>(
  formula: Formula,
  field: Field<Value>,
  variables: Variables<Value> = new Map(),
): Quantity<Value> {
  if (formula.kind === 'number') return plain(field.number(formula.text));
  if (formula.kind === 'name') return named(formula.name, field, variables);
  const args = formula.args.map((part) => evaluate(part, field, variables));
  return call(spelling(formula.name, args.length), args, field);
}

const constants: ReadonlySet<string> = new Set(['pi', 'tau', 'e', 'phi', 'i']);

/** Names that formulas have for the same, by the number of arguments. */
function spelling(name: string, count: number): string {
  if (name === 'log') return count === 1 ? 'ln' : 'logarithm';
  if (name === 'choose' || name === 'nCr') return 'combinations';
  if (name === 'nPr') return 'permutations';
  return name;
}

function named<Value>(name: string, field: Field<Value>, variables: Variables<Value>): Quantity<Value> {
  const variable = variables.get(name);
  if (variable !== undefined) return variable;
  if (constants.has(name)) {
    const constant = field.constant(name);
    if (constant === undefined) throw new Elsewhere();
    return plain(constant);
  }
  const unit = unitOf(name);
  if (unit === undefined) throw new Unknown(name);
  const factor = field.number(unit.factor);
  if (unit.is === undefined) return { value: factor, dimensions: new Map([[unit.symbol, 1]]) };
  return call('multiply', [plain(factor), evaluate(parseFormula(unit.is).formula, field)], field);
}

/** A name that is none of the bot's; what it is for is known by who asked for the value. */
export class Unknown extends Failure {
  readonly word: string;

  constructor(word: string) {
    super('not-understood');
    this.word = word;
  }
}

function call<Value>(name: string, args: readonly Quantity<Value>[], field: Field<Value>): Quantity<Value> {
  const [one = plain(field.number('0')), other = one] = args;
  const values = args.map(({ value }) => value);
  const of = (dimensions = one.dimensions) => ({ value: field.call(name, values), dimensions });
  switch (name) {
    case 'add':
    case 'subtract':
    case 'min':
    case 'max':
    case 'mod':
    case 'hypot':
      if (!args.every(({ dimensions }) => same(dimensions, one.dimensions)))
        throw new Failure('units-differ');
      return of();
    case 'multiply':
      return of(combined(one.dimensions, other.dimensions));
    case 'divide':
      return of(combined(one.dimensions, other.dimensions, -1));
    case 'unaryMinus':
    case 'unaryPlus':
    case 'abs':
      return of();
    case 'sqrt':
      return of(combined(none, one.dimensions, 1 / 2));
    case 'cbrt':
      return of(combined(none, one.dimensions, 1 / 3));
    case 'pow':
      return of(one.dimensions.size === 0 && other.dimensions.size === 0 ? none : powered(one, other, field));
    case 'sin':
    case 'cos':
    case 'tan':
      if (!args.every(isAngle)) throw new Failure('units-differ');
      return of(none);
    default:
      if (args.some(({ dimensions }) => dimensions.size > 0)) throw new Failure('units-differ');
      return of(none);
  }
}

/** Angles are in radians. */
function isAngle<Value>({ dimensions }: Quantity<Value>): boolean {
  return dimensions.size === 0 || same(dimensions, new Map([['rad', 1]]));
}

function powered<Value>(base: Quantity<Value>, exponent: Quantity<Value>, field: Field<Value>) {
  const power = exponent.dimensions.size === 0 ? field.whole(exponent.value) : undefined;
  if (power === undefined) throw new Failure('units-differ');
  return combined(none, base.dimensions, power);
}
