/**
 * Ed25519 public keys that no vault has (RFC 8032, section 5.1.3): under a key of small order one signature fits many messages, and a key that is not
 * the one encoding of its point has more than one name. Node's `verify` takes both.
 */
const p = 2n ** 255n - 19n;

/** y of the points whose order divides 8, up to sign: order 1, 2, 4, and 8 twice. */
const smallOrder: ReadonlySet<bigint> = new Set([
  1n,
  p - 1n,
  0n,
  2707385501144840649318225287225658788936804267575313519463743609750303402022n,
  55188659117513257062467267217118295137698188065244968500265048394206261417927n,
]);

/** Why an encoded point should not be taken for a key; null: it may be. That it is on the curve is for `verify` to find. */
export function keyWeakness(publicKey: Uint8Array): string | null {
  const encoded = BigInt(`0x${Buffer.from(publicKey).reverse().toString('hex')}`);
  const y = encoded & (2n ** 255n - 1n);
  if (y >= p) return 'it is not the canonical encoding of a point';
  return smallOrder.has(y) ? 'it is a point of small order' : null;
}
