/** A number with what it measures, as powers of what all units are made of. */
import { Failure } from '../failure.js';

/** From the symbol of a unit without definition to its power; powers of zero are left out. */
export type Dimensions = ReadonlyMap<string, number>;

export interface Quantity<Value> {
  readonly value: Value;
  readonly dimensions: Dimensions;
}

export const none: Dimensions = new Map();

const highestPower = 60;

export function plain<Value>(value: Value): Quantity<Value> {
  return { value, dimensions: none };
}

/** Those of a product with `other` to a power. */
export function combined(one: Dimensions, other: Dimensions, power = 1): Dimensions {
  const powers = new Map(one);
  for (const [unit, own] of other) powers.set(unit, (powers.get(unit) ?? 0) + own * power);
  for (const [unit, sum] of powers) {
    if (Math.abs(sum) > highestPower || !Number.isInteger(sum)) throw new Failure('units-differ');
    if (sum === 0) powers.delete(unit);
  }
  return powers;
}

export function same(one: Dimensions, other: Dimensions): boolean {
  return one.size === other.size && [...one].every(([unit, power]) => other.get(unit) === power);
}

/** Derived units that an answer is written in, where nobody asked for another. */
const derived: Readonly<Record<string, string>> = {
  ...{ 'kg m s^-2': 'N', 'kg m^-1 s^-2': 'Pa', 'kg m^2 s^-2': 'J', 'kg m^2 s^-3': 'W', 'A s': 'C' },
  ...{ 'A^-1 kg m^2 s^-3': 'V', 'A^-2 kg m^2 s^-3': 'ohm', 'A^2 kg^-1 m^-2 s^4': 'F' },
};

/** Like `m s^-2`; grams are told as kilograms (which the caller divides by). */
export function dimensionText(dimensions: Dimensions): string {
  const names = [...dimensions].map(([unit, power]) => {
    const name = unit === 'g' ? 'kg' : unit;
    return power === 1 ? name : `${name}^${power}`;
  });
  const text = names.sort().join(' ');
  return derived[text] ?? text;
}
