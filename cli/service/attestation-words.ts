/** What the user writes to have an attestation made or checked. */
import { nonceBytes } from '../../common/attestation/attestation.js';
import { SherinError } from '../../common/errors.js';

function usage(what: string): SherinError {
  return new SherinError('USAGE', { what });
}

/** @throws SherinError USAGE */
export function nonceOf(text: string | undefined): Buffer {
  if (text === undefined) throw usage('--nonce is missing: random bytes that the verifier chose, in hex');
  const bytes = hexOf(text);
  const { least, most } = nonceBytes;
  if (bytes !== null && bytes.length >= least && bytes.length <= most) return bytes;
  throw usage(`--nonce takes ${least} to ${most} bytes in hex`);
}

/** 32 bytes in base64, as `attest key` prints them, or in hex. @throws SherinError USAGE */
export function publicKeyOf(text: string | undefined): Buffer {
  if (text === undefined)
    throw usage('--public-key is missing: that of the vault, as sherinctl attest key prints it');
  const bytes = hexOf(text) ?? Buffer.from(text, 'base64');
  const same = hexOf(text) !== null || bytes.toString('base64') === text;
  if (bytes.length === 32 && same) return bytes;
  throw usage('--public-key takes 32 bytes in base64 or hex');
}

/** @throws SherinError USAGE */
export function keyNameOf(text: string | undefined): Buffer | null {
  if (text === undefined) return null;
  if (/^000b[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  throw usage('--key takes the Name of an attestation key: 000b and 64 hex digits');
}

/** `7=HEX` each. @throws SherinError USAGE */
export function expectedPcrs(words: readonly string[]): ReadonlyMap<number, string> {
  return new Map(
    words.map((word) => {
      const [, pcr, value] = /^(\d|1\d|2[0-3])=((?:[0-9a-f]{64}){1,2}|[0-9a-f]{96})$/i.exec(word) ?? [];
      if (pcr === undefined || value === undefined)
        throw usage(`--pcr takes N=HEX with the digits of a whole value, not '${word.slice(0, 200)}'`);
      return [Number(pcr), value.toLowerCase()] as const;
    }),
  );
}

function hexOf(text: string): Buffer | null {
  return /^([0-9a-f]{2})+$/i.test(text) ? Buffer.from(text, 'hex') : null;
}
