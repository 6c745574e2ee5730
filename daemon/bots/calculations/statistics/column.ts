/** Data: decimals as whole numbers over one power of ten, so that sums of them are exact whatever their size. */
import type { Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { ratio } from '../formula/exact.js';
import { limits } from '../limits.js';

export interface Column {
  readonly units: readonly bigint[];
  /** A value is its units divided by ten to this. */
  readonly scale: number;
}

/** Places after the point, so that a sum of squares stays short. */
const mostPlaces = 60;
const number = /^([-+]?)(\d+\.?\d*|\.\d+)(?:e([-+]?\d{1,3}))?$/i;

export function isNumber(word: string): boolean {
  return number.test(word);
}

/** @throws Failure not-understood, too-long, too-large */
export function columnOf(words: readonly string[]): Column {
  if (words.length > limits.observations) throw new Failure('too-long');
  const parts = words.map(partsOf);
  const scale = parts.reduce((most, { places }) => Math.max(most, places), 0);
  if (scale > mostPlaces || parts.some(({ digits, places }) => digits.length - places > mostPlaces))
    throw new Failure('too-large');
  return { units: parts.map(({ digits, places }) => BigInt(digits) * 10n ** BigInt(scale - places)), scale };
}

function partsOf(word: string): { digits: string; places: number } {
  const [, sign = '', decimal, exponent = '0'] = number.exec(word) ?? [];
  if (decimal === undefined) throw new Failure('not-understood');
  const [whole = '', part = ''] = decimal.split('.');
  const places = part.length - Number(exponent);
  const digits = sign.replace('+', '') + whole + part;
  if (places < -mostPlaces) throw new Failure('too-large');
  return places >= 0 ? { digits, places } : { digits: digits + '0'.repeat(-places), places: 0 };
}

export function sum(values: readonly bigint[]): bigint {
  return values.reduce((total, value) => total + value, 0n);
}

export function products(one: readonly bigint[], other: readonly bigint[]): bigint {
  return one.reduce((total, value, index) => total + value * (other[index] ?? 0n), 0n);
}

/** `units` of a scale as what they stand for, divided by `divisor`. */
export function scaled(units: bigint, scale: number, divisor = 1n): Fraction {
  return ratio(units, divisor * 10n ** BigInt(scale));
}

/** @throws Failure too-few-values */
export function atLeast(count: number, { units }: Column): bigint {
  if (units.length < count) throw new Failure('too-few-values');
  return BigInt(units.length);
}
