/** Whole numbers as products of primes, by trial division. */
import { Failure } from '../failure.js';

/** Its root has eight digits. */
const largest = 1_000_000_000_000_000n;

/** Primes in rising order, each as often as it divides. @throws Failure too-large, not-defined below 1 */
export function primeFactors(number: bigint): readonly bigint[] {
  if (number < 1n) throw new Failure('not-defined');
  if (number > largest) throw new Failure('too-large');
  const factors: bigint[] = [];
  let rest = Number(number);
  for (let prime = 2; prime * prime <= rest; prime += prime === 2 ? 1 : 2) {
    while (rest % prime === 0) {
      factors.push(BigInt(prime));
      rest /= prime;
    }
  }
  return rest > 1 ? [...factors, BigInt(rest)] : factors;
}
