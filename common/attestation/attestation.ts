/** An attestation as JSON: every field with its bounds, in one canonical form. */
import { z } from 'zod';
import { SherinError } from '../errors.js';
import { jcs } from '../jcs.js';
import { type TpmKind, tpmKinds } from './statement.js';
import { type PcrBank, pcrBanks } from './tpm-structures.js';

/** Bytes of the longest one; a real one has some 2,500. */
export const longestAttestation = 16 * 1024;
/** Bytes that a nonce may have: fewer could be guessed or meet again. */
export const nonceBytes = { least: 16, most: 64 } as const;

/** Canonical base64 of so many bytes. */
function base64(least: number, most = least) {
  const message = `base64 of ${least === most ? least : `${least} to ${most}`} bytes is wanted`;
  return z
    .string()
    .max(Math.ceil(most / 3) * 4, message)
    .refine((text) => {
      const bytes = Buffer.from(text, 'base64');
      return bytes.length >= least && bytes.length <= most && bytes.toString('base64') === text;
    }, message);
}

function hex(least: number, most = least) {
  return z.string().regex(new RegExp(`^([0-9a-f]{2}){${least},${most}}$`), 'hex is wanted');
}

const pcrValues = z
  .record(z.string().regex(/^(0|1?[1-9]|10|20|21|22|23)$/, 'a PCR is a number from 0 to 23'), z.string())
  .refine((values) => Object.keys(values).length > 0, 'no PCR is named');

const attestationSchema = z.strictObject({
  format: z.literal('sherin-attestation'),
  version: z.literal(1),
  uuid: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case UUID is wanted'),
  /** Of the vault. */
  publicKey: base64(32),
  tpm: z.enum(Object.keys(tpmKinds) as [TpmKind, ...TpmKind[]]),
  nonce: hex(nonceBytes.least, nonceBytes.most),
  time: z
    .string()
    .regex(/^(0|[1-9]\d{0,18})$/, { error: 'a time in nanoseconds is wanted', abort: true })
    .refine((text) => BigInt(text) < 1n << 63n, 'a time in nanoseconds is wanted'),
  head: z.strictObject({ layout: base64(192), signature: base64(64) }),
  key: z.strictObject({
    /** TPM2B_PUBLIC. */
    public: base64(2, 512),
    /** Name of the storage primary that it stands below. */
    primaryName: z.string().regex(/^000b[0-9a-f]{64}$/, 'a Name by SHA-256 is wanted'),
  }),
  pcrs: z
    .strictObject({ bank: z.enum(Object.keys(pcrBanks) as [PcrBank, ...PcrBank[]]), values: pcrValues })
    .refine(({ bank, values }) => {
      const digits = new RegExp(`^[0-9a-f]{${pcrBanks[bank].bytes * 2}}$`);
      return Object.values(values).every((value) => digits.test(value));
    }, 'a value is not as long as those of its bank'),
  /** TPMS_ATTEST and TPMT_SIGNATURE. */
  quote: z.strictObject({ attest: base64(6, 1024), signature: base64(4, 256) }),
  /** By the vault's key. */
  signature: base64(64),
});
export type Attestation = Readonly<z.infer<typeof attestationSchema>>;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function malformed(part: string): SherinError {
  return new SherinError('ATTESTATION_MALFORMED', { part });
}

export function attestationText(attestation: Attestation): string {
  return jcs(attestation);
}

/** Checks shape and every bound, and nothing that is signed; one line end behind it is none of its bytes. @throws SherinError ATTESTATION_MALFORMED */
export function parseAttestation(bytes: Uint8Array): Attestation {
  if (bytes.length > longestAttestation) throw malformed(`it is longer than ${longestAttestation} bytes`);
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes).replace(/\n$/, '');
    value = JSON.parse(text);
  } catch {
    throw malformed('it is not JSON');
  }
  const parsed = attestationSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue?.path.map(String).join('.').slice(0, 64) || 'the object';
    throw malformed(`${where}: ${issue?.message.slice(0, 160)}`);
  }
  if (jcs(parsed.data) !== text) throw malformed('it is not in canonical form (RFC 8785)');
  return parsed.data;
}
