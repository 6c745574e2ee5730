/** `vault.json`: what it may hold, its hash and its signature. Hostile until a slot has opened (FORMAT.md, "Header"). */
import * as z from 'zod';
import { ByteWriter } from '../../common/bytes.js';
import { SherinError } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { sha256 } from '../../common/merkle.js';
import { isNewer, newerFormat } from '../../common/newer-format.js';
import { signedMessage, verifier } from '../../common/signature.js';
import type { ScryptCost } from '../../native/index.js';
import {
  bank,
  bankBytes,
  base64,
  hex,
  nvIndex,
  objectName,
  pcrList,
  scryptCost,
  tpmDevice,
} from './fields.js';

/** Bytes of the longest header. */
export const headerBytes = 64 * 1024;

/** The newest that is read. */
const headerFormat = 1;

function wrappedKeys(count: number) {
  return z.strictObject({ nonce: base64(12), ciphertext: base64(32 * count), tag: base64(16) });
}

const wrapped = wrappedKeys(1);
const slotId = z.int().min(0).max(255);
/** RFC 3339, UTC. */
const time = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/, 'an RFC 3339 UTC time is wanted')
  .refine((text) => !Number.isNaN(Date.parse(text)), 'there is no such time');
/** For people; what was made by the first version has none. */
const created = time.optional();
export const mostSlots = 16;

const recoverySlot = z.strictObject({
  id: slotId,
  type: z.literal('recovery'),
  created,
  salt: base64(32),
  wrapped,
});

const passphraseSlot = z.strictObject({
  id: slotId,
  type: z.literal('passphrase'),
  created,
  salt: base64(32),
  kdf: scryptCost,
  wrapped,
});

const tpmSlot = z
  .strictObject({
    id: slotId,
    type: z.literal('tpm2'),
    created,
    kind: z.enum(['device', 'software']),
    device: tpmDevice,
    bank,
    pcrs: pcrList,
    pin: z.boolean(),
    salt: base64(32),
    kdf: scryptCost,
    primaryName: objectName,
    public: base64(1, 4096),
    private: base64(1, 4096),
    slotCounter: nvIndex,
    slotGeneration: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
    pcrDigest: hex(32),
    pcrValues: z.record(z.string(), z.string()),
    wrapped,
  })
  .superRefine((slot, context) => {
    const values = Object.entries(slot.pcrValues);
    const digits = bankBytes[slot.bank] * 2;
    const fits =
      values.length === slot.pcrs.length &&
      slot.pcrs.every((pcr) => new RegExp(`^[0-9a-f]{${digits}}$`).test(slot.pcrValues[pcr] ?? ''));
    if (!fits)
      context.addIssue({ code: 'custom', message: 'pcrValues are not those of pcrs', path: ['pcrValues'] });
    const software = slot.device === 'swtpm';
    if (software !== (slot.kind === 'software'))
      context.addIssue({
        code: 'custom',
        message: 'kind and device contradict each other',
        path: ['device'],
      });
  });

/** What scrypt goes through where a secret is tried with all slots, bytes: some ten seconds. Sixteen passphrases of ours take 2 GiB. */
const mostGuessBytes = 4 * 1024 ** 3;

function guessBytes(slot: { readonly type: string; readonly kdf?: ScryptCost | undefined }): number {
  return slot.kdf === undefined ? 0 : 128 * slot.kdf.n * slot.kdf.r * slot.kdf.p;
}

const slots = z
  .array(z.discriminatedUnion('type', [recoverySlot, passphraseSlot, tpmSlot]))
  .min(1)
  .max(mostSlots)
  .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, 'slot ids must be unique')
  .refine((list) => list.reduce((sum, slot) => sum + guessBytes(slot), 0) <= mostGuessBytes, {
    message: 'one secret tried with all slots would take scrypt through more than 4 GiB',
  });

/** The highest epoch (FORMAT.md, "Header"). */
export const lastEpoch = 65_535;
const epoch = z.int().min(0).max(lastEpoch);
/** Epochs before the present one whose keys a header has room for. */
export const mostFormerEpochs = 8;

/** The slot counter of a TPM slot that held an earlier master key, and the TPM that it is in. */
const retiring = z.strictObject({ ...nvIndex.shape, primaryName: objectName });

/** What the master key carries over from those before (FORMAT.md, "Key epochs"). */
const keys = z.strictObject({
  identity: wrappedKeys(6),
  former: z
    .array(z.strictObject({ epoch, counters: z.array(retiring).max(mostSlots), wrapped: wrappedKeys(3) }))
    .max(mostFormerEpochs)
    .refine(
      (list) => list.every(({ epoch }, at) => at === 0 || (list[at - 1]?.epoch ?? epoch) < epoch),
      'epochs must ascend',
    ),
});

const headerSchema = z
  .strictObject({
    format: z.literal(headerFormat),
    suite: z.literal(1),
    uuid: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case UUID is wanted'),
    generation: z.int().min(1).max(Number.MAX_SAFE_INTEGER),
    created: time,
    epoch,
    keys: keys.optional(),
    pad: z.enum(['4k', 'vertex', 'cube']),
    owned: z.boolean(),
    publicKey: base64(32),
    counter: nvIndex.nullable(),
    slots,
    signature: base64(64),
  })
  .refine(({ epoch, keys }) => (keys === undefined) === (epoch === 0), 'keys are carried from epoch 1 on')
  .refine(
    ({ epoch, keys }) => keys?.former.every((former) => former.epoch < epoch) ?? true,
    'a former epoch is before the present one',
  );

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

export type Header = DeepReadonly<z.infer<typeof headerSchema>>;
export type UnsignedHeader = Omit<Header, 'signature'>;
export type RecoverySlot = DeepReadonly<z.infer<typeof recoverySlot>>;
export type PassphraseSlot = DeepReadonly<z.infer<typeof passphraseSlot>>;
export type TpmSlot = DeepReadonly<z.infer<typeof tpmSlot>>;
export type Slot = Header['slots'][number];
export type FormerEpoch = NonNullable<Header['keys']>['former'][number];

function malformed(path: string, part: string): SherinError {
  return new SherinError('HEADER_MALFORMED', { path, part });
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'unknown';
  return `${issue.path.map(String).join('.').slice(0, 64) || 'the object'}: ${issue.message.slice(0, 160)}`;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Checks shape and every bound, not the signature. `path` names the file in errors. @throws SherinError HEADER_MALFORMED, FORMAT_NEWER */
export function parseHeader(bytes: Uint8Array, path = 'vault.json'): Header {
  if (bytes.length > headerBytes) throw malformed(path, `it is longer than ${headerBytes} bytes`);
  let text: string;
  let value: unknown;
  try {
    text = decoder.decode(bytes);
    value = JSON.parse(text);
  } catch {
    throw malformed(path, 'it is not JSON');
  }
  const found = formatOf(value);
  if (isNewer(found, headerFormat) && !isOfThisFormat(value)) throw newerFormat(path, found, headerFormat);
  const parsed = headerSchema.safeParse(value);
  if (!parsed.success) throw malformed(path, firstIssue(parsed.error));
  // of what was understood, not of what was read: nothing may hide between the two
  if (jcs(parsed.data) !== text) throw malformed(path, 'it is not in canonical form (RFC 8785)');
  return parsed.data;
}

function formatOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
}

/** A format that was changed is no newer one: with this one the header is what its key has signed. */
function isOfThisFormat(value: unknown): boolean {
  const parsed = headerSchema.safeParse({ ...(value as object), format: headerFormat });
  return parsed.success && isSigned(parsed.data, headerPublicKey(parsed.data));
}

/** The file's bytes. */
export function headerText(header: Header): Buffer {
  return Buffer.from(jcs(header), 'utf8');
}

/** Each commit asks for it; a header is never changed, but replaced. */
const hashes = new WeakMap<UnsignedHeader, Buffer>();

/** SHA-256 over the JCS of the header without its signature. */
export function headerHash(header: UnsignedHeader): Buffer {
  const known = hashes.get(header);
  if (known !== undefined) return known;
  const { signature: _, ...unsigned } = header as Header;
  const hash = sha256(Buffer.from(jcs(unsigned), 'utf8'));
  hashes.set(header, hash);
  return hash;
}

/** 16 raw bytes. */
export function uuidBytes(header: Pick<Header, 'uuid'>): Buffer {
  return Buffer.from(header.uuid.replaceAll('-', ''), 'hex');
}

/** The vault's Ed25519 public key as the header says it, 32 bytes. */
export function headerPublicKey(header: Pick<Header, 'publicKey'>): Buffer {
  return Buffer.from(header.publicKey, 'base64');
}

function signatureMessage(header: UnsignedHeader): Buffer {
  const layout = new ByteWriter().u64(header.generation).bytes(headerHash(header)).done();
  return signedMessage('header', uuidBytes(header), layout);
}

/** Adds the signature and checks the result as a reader would. @throws SherinError HEADER_MALFORMED */
export function signHeader(unsigned: UnsignedHeader, sign: (message: Buffer) => Buffer): Header {
  const header = { ...unsigned, signature: sign(signatureMessage(unsigned)).toString('base64') };
  return parseHeader(Buffer.from(jcs(header), 'utf8'));
}

function isSigned(header: Header, publicKey: Buffer): boolean {
  return verifier(publicKey)(signatureMessage(header), Buffer.from(header.signature, 'base64'));
}

/** @throws SherinError HEADER_FORGED when `publicKey`, which came out of a slot, is not the header's or didn't sign it */
export function verifyHeader(header: Header, publicKey: Buffer, path = 'vault.json'): void {
  if (!headerPublicKey(header).equals(publicKey))
    throw new SherinError('HEADER_FORGED', { path, part: 'its public key is not that of the master key' });
  if (!isSigned(header, publicKey))
    throw new SherinError('HEADER_FORGED', { path, part: 'its signature does not verify' });
}
