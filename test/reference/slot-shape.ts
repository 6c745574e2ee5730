/** The shape of key slots (FORMAT.md, "Key slots"): all types, before any of them is tried. */
import { fromBase64 } from './bytes.js';
import {
  asBoolean,
  asList,
  asObject,
  asText,
  asWhole,
  hasMembers,
  type Json,
  type JsonObject,
} from './json.js';
import { must } from './refused.js';

const digestBytes: Readonly<Record<string, number>> = { sha256: 32, sha384: 48, sha512: 64 };

/** Object name: nameAlg of SHA-256, SHA-384 or SHA-512 and its digest. */
function checkName(value: Json | undefined): void {
  const name = asText(value, 'name');
  must(/^(000b[0-9a-f]{64}|000c[0-9a-f]{96}|000d[0-9a-f]{128})$/.test(name), 'a TPM name');
}

export function checkNvIndex(value: Json | undefined): void {
  const index = asObject(value, 'NV index');
  hasMembers(index, ['handle', 'name'], 'NV index');
  asWhole(index.handle, 'handle', 0x0100_0000, 0x01ff_ffff);
  checkName(index.name);
}

/** RFC 3339, UTC. */
export function checkTime(value: Json | undefined): void {
  const created = asText(value, 'created');
  must(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(created), 'created');
  must(!Number.isNaN(Date.parse(created)), 'created is no time');
}

/** Bytes that scrypt goes through with the cost of a slot; 0 where it has none. */
export function guessBytes({ kdf }: JsonObject): number {
  if (kdf === undefined) return 0;
  const { n, r, p } = asObject(kdf, 'kdf');
  return 128 * Number(n) * Number(r) * Number(p);
}

export function checkCost(value: Json | undefined): void {
  const kdf = asObject(value, 'kdf');
  hasMembers(kdf, ['n', 'r', 'p'], 'kdf');
  const n = asWhole(kdf.n, 'n', 2, 2 ** 20);
  const r = asWhole(kdf.r, 'r', 1, 32);
  asWhole(kdf.p, 'p', 1, 16);
  must(Number.isInteger(Math.log2(n)), 'n is not a power of two');
  must(128 * n * r <= 256 * 2 ** 20, 'scrypt wants more than 256 MiB');
}

function checkBlob(value: Json | undefined): void {
  const { length } = fromBase64(asText(value, 'blob'));
  must(length >= 1 && length <= 4096, 'length of a blob');
}

function checkPcrs(slot: JsonObject): void {
  const pcrs = asList(slot.pcrs, 'pcrs').map((pcr) => asWhole(pcr, 'PCR', 0, 23));
  must(pcrs.length >= 1 && !pcrs.includes(16) && !pcrs.includes(23), 'pcrs');
  must(
    pcrs.every((pcr, i) => i === 0 || (pcrs[i - 1] ?? 24) < pcr),
    'pcrs are not sorted',
  );
  const values = asObject(slot.pcrValues, 'pcrValues');
  hasMembers(values, pcrs.map(String), 'pcrValues');
  const bytes = digestBytes[asText(slot.bank, 'bank')];
  must(bytes !== undefined, 'bank');
  const digest = new RegExp(`^([0-9a-f]{2}){${bytes}}$`);
  must(
    Object.values(values).every((value) => digest.test(asText(value, 'PCR value'))),
    'a PCR value',
  );
}

function checkTpm(slot: JsonObject): void {
  const device = asText(slot.device, 'device');
  must(/^(swtpm|tabrmd|device:\/dev\/[a-z0-9]{1,32})$/.test(device), 'device');
  must(['device', 'software'].includes(asText(slot.kind, 'kind')), 'kind');
  must((slot.kind === 'software') === (device === 'swtpm'), 'kind and device');
  checkPcrs(slot);
  asBoolean(slot.pin, 'pin');
  checkCost(slot.kdf);
  checkName(slot.primaryName);
  checkBlob(slot.public);
  checkBlob(slot.private);
  checkNvIndex(slot.slotCounter);
  asWhole(slot.slotGeneration, 'slotGeneration', 0, Number.MAX_SAFE_INTEGER);
  must(/^[0-9a-f]{64}$/.test(asText(slot.pcrDigest, 'pcrDigest')), 'pcrDigest');
}

const common = ['id', 'type', 'salt', 'wrapped'];
const tpmMembers =
  'kind device bank pcrs pin kdf primaryName public private slotCounter slotGeneration pcrDigest pcrValues';
const members: Readonly<Record<string, readonly string[]>> = {
  recovery: common,
  passphrase: [...common, 'kdf'],
  tpm2: [...common, ...tpmMembers.split(' ')],
};

/** @throws Refused malformed */
export function checkSlot(slot: JsonObject): void {
  const type = asText(slot.type, 'type');
  const expected = Object.hasOwn(members, type) ? members[type] : undefined;
  must(expected !== undefined, 'slot type');
  hasMembers(slot, slot.created === undefined ? expected : [...expected, 'created'], `${type} slot`);
  if (slot.created !== undefined) checkTime(slot.created);
  asWhole(slot.id, 'slot id', 0, 255);
  fromBase64(asText(slot.salt, 'salt'), 32);
  const wrapped = asObject(slot.wrapped, 'wrapped');
  hasMembers(wrapped, ['nonce', 'ciphertext', 'tag'], 'wrapped');
  fromBase64(asText(wrapped.nonce, 'nonce'), 12);
  fromBase64(asText(wrapped.ciphertext, 'ciphertext'), 32);
  fromBase64(asText(wrapped.tag, 'tag'), 16);
  if (type === 'passphrase') checkCost(slot.kdf);
  if (type === 'tpm2') checkTpm(slot);
}
