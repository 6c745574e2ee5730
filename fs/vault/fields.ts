/** Field types of `vault.json`, each with its bounds (FORMAT.md, "Header" and "Key slots"). */
import * as z from 'zod';

/** Base64 of RFC 4648 section 4, padded and canonical: one text for one byte string. */
export function base64(least: number, most: number = least) {
  const longest = Math.ceil(most / 3) * 4;
  const message = `base64 of ${least === most ? least : `${least} to ${most}`} bytes is wanted`;
  return z
    .string()
    .max(longest, message)
    .refine((text) => {
      const bytes = Buffer.from(text, 'base64');
      return bytes.length >= least && bytes.length <= most && bytes.toString('base64') === text;
    }, message);
}

/** Lower-case hex of so many bytes. */
export function hex(bytes: number) {
  return z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes in hex are wanted`);
}

/** TPM2B_NAME contents: nameAlg of SHA-256, SHA-384 or SHA-512 and its digest (TPM 2.0 Part 1, 16). */
export const objectName = z
  .string()
  .regex(/^(000b[0-9a-f]{64}|000c[0-9a-f]{96}|000d[0-9a-f]{128})$/, 'a TPM object name in hex is wanted');

/** NV index: handles of type TPM_HT_NV_INDEX are 0x01000000–0x01FFFFFF. */
export const nvIndex = z.strictObject({
  handle: z.int().min(0x0100_0000).max(0x01ff_ffff),
  name: objectName,
});

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0;
}

/** Memory that scrypt may take, bytes. */
const scryptMemory = 256 * 1024 * 1024;

export const scryptCost = z
  .strictObject({
    n: z
      .int()
      .min(2)
      .max(2 ** 20)
      .refine(isPowerOfTwo, 'n must be a power of two'),
    r: z.int().min(1).max(32),
    p: z.int().min(1).max(16),
  })
  .refine(({ n, r }) => 128 * n * r <= scryptMemory, 'scrypt would take more than 256 MiB');

export const bank = z.enum(['sha256', 'sha384', 'sha512']);
export type Bank = z.infer<typeof bank>;

/** Digest bytes of a PCR bank. */
export const bankBytes: Readonly<Record<Bank, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** PCRs that anyone may reset: a seal to them binds nothing (PC Client Platform TPM Profile, table 4). */
const resettable: ReadonlySet<number> = new Set([16, 23]);

/** Why a set of PCRs can't be sealed to, or null. */
export function pcrFault(pcrs: readonly number[]): string | null {
  if (pcrs.length === 0) return 'an empty set of PCRs binds nothing';
  if (!pcrs.every((pcr) => Number.isInteger(pcr) && pcr >= 0 && pcr <= 23))
    return 'PCRs are numbers from 0 to 23';
  const reset = pcrs.find((pcr) => resettable.has(pcr));
  if (reset !== undefined) return `PCR ${reset} can be reset by anyone`;
  const sorted = pcrs.every((pcr, index) => index === 0 || (pcrs[index - 1] ?? 24) < pcr);
  return sorted ? null : 'PCRs must be sorted, each once';
}

export const pcrList = z
  .array(z.int().min(0).max(23))
  .max(24)
  .superRefine((pcrs, context) => {
    const fault = pcrFault(pcrs);
    if (fault !== null) context.addIssue({ code: 'custom', message: fault });
  });

/**
 * Where a slot's TPM is. A header is hostile, and other TCTI strings of tpm2-tss run programs (`cmd:`) or load a library
 * by name: none of them may come from one.
 */
export const tpmDevice = z
  .string()
  .regex(/^(swtpm|tabrmd|device:\/dev\/[a-z0-9]{1,32})$/, 'swtpm, tabrmd or device:/dev/NAME is wanted');
