/** How numbers are written: whole where they are short, else to 15 significant digits or to those that are asked for. Halves are rounded away from zero. */
import type { BigNumber, Fraction } from 'mathjs';
import { Failure } from '../failure.js';
import { limits } from '../limits.js';
import { type ComplexValue, complexDigits } from './complex.js';
import { decimalOf, decimals, guardDigits } from './decimal.js';
import { numeratorOf, ratio } from './exact.js';

export interface Digits {
  readonly kind: 'significant' | 'places';
  readonly count: number;
}

export interface Rounded {
  readonly text: string;
  /** Like `exact`; how it was rounded, and what it is exactly. */
  readonly accuracy: string;
}

export const usualDigits = 15;
/** A decimal of at most these digits is written whole. */
const shortDecimal = 30;
const shortFraction = 60;

export function roundExact(value: Fraction, digits: Digits | undefined): Rounded {
  if (value.n.toString(16).length * 1.21 > limits.wholeDigits) throw new Failure('too-large');
  const whole = wholeText(value);
  if (digits === undefined && whole !== undefined) return { text: whole, accuracy: 'exact' };
  const asked = digits ?? { kind: 'significant', count: usualDigits };
  // Digits before the point, too, where it is places that are asked for.
  const precision = asked.count + guardDigits + (asked.kind === 'places' ? value.n.toString().length : 0);
  const decimal = decimalOf(value, decimals(precision));
  const text = written(decimal, asked);
  if (text === whole) return { text, accuracy: 'exact' };
  const fraction = `${numeratorOf(value)}/${value.d}`;
  const exactly = value.d !== 1n && fraction.length <= shortFraction ? `; exactly ${fraction}` : '';
  return { text, accuracy: `${how(asked)}${exactly}` };
}

/** Undefined when its decimals do not end, or not soon. */
function wholeText(value: Fraction): string | undefined {
  if (value.d === 1n) return numeratorOf(value).toString();
  const Decimal = decimals(shortDecimal);
  const decimal = decimalOf(value, Decimal);
  // A number of ten digits and a half of one more is no decimal of ten.
  const back = decimal.times(new Decimal(value.d.toString())).minus(numeratorOf(value).toString());
  const places = decimal.decimalPlaces();
  const ends = value.d <= 10n ** BigInt(shortDecimal) && 10n ** BigInt(places) % value.d === 0n;
  return back.isZero() && ends ? decimal.toString() : undefined;
}

export function roundDecimal(value: BigNumber, digits: Digits | undefined): Rounded {
  const asked = digits ?? { kind: 'significant', count: usualDigits };
  return { text: written(value, asked), accuracy: how(asked) };
}

/** The square root of an exact number; of a negative one, minus that of its size. */
export function roundRoot(square: Fraction, digits: Digits | undefined): Rounded {
  const [numerator, denominator] = [rootOf(square.n), rootOf(square.d)];
  if (numerator !== undefined && denominator !== undefined)
    return roundExact(ratio(square.s * numerator, denominator), digits);
  const asked = digits ?? { kind: 'significant', count: usualDigits };
  const before = asked.kind === 'places' ? square.n.toString().length : 0;
  const root = decimalOf(square.abs(), decimals(asked.count + guardDigits + before)).sqrt();
  return roundDecimal(square.s < 0n ? root.neg() : root, asked);
}

/** Undefined for what is no square. */
function rootOf(square: bigint): bigint | undefined {
  if (square < 2n) return square;
  let root = 1n << BigInt(Math.ceil(square.toString(2).length / 2));
  for (let next = (root + square / root) / 2n; next < root; next = (root + square / root) / 2n) root = next;
  return root * root === square ? root : undefined;
}

function written(value: BigNumber, { kind, count }: Digits): string {
  if (kind === 'significant') return withoutSign(value.toSignificantDigits(count).toString());
  if (value.e > limits.wholeDigits) throw new Failure('too-large');
  return withoutSign(value.toFixed(count));
}

/** There is no negative zero. */
function withoutSign(text: string): string {
  return /^-[0.]+$/.test(text) ? text.slice(1) : text;
}

export function how({ kind, count }: Digits): string {
  const unit = kind === 'significant' ? 'significant digit' : 'decimal place';
  return `rounded to ${count} ${unit}${count === 1 ? '' : 's'}`;
}

/** To fewer digits, and no more however many are asked for. */
export function roundComplex(value: ComplexValue, digits: Digits | undefined): Rounded {
  const asked = digits ?? { kind: 'significant', count: complexDigits };
  const count = Math.min(asked.count, complexDigits);
  const [re, im] = typeof value === 'number' ? [value, 0] : [value.re, value.im];
  const size = Math.hypot(re, im);
  const Decimal = decimals(complexDigits);
  const part = (number: number) => {
    // What is left of a part that should be nothing.
    const clean = Math.abs(number) < size * 10 ** -complexDigits ? 0 : number;
    return written(new Decimal(clean).toSignificantDigits(complexDigits), { ...asked, count });
  };
  return { text: complexText(part(re), part(im)), accuracy: how({ ...asked, count }) };
}

function complexText(re: string, im: string): string {
  if (Number(im) === 0) return re;
  const size = im.replace('-', '') === '1' ? '' : im.replace('-', '');
  const minus = im.startsWith('-');
  if (Number(re) === 0) return `${minus ? '-' : ''}${size}i`;
  return `${re} ${minus ? '-' : '+'} ${size}i`;
}
