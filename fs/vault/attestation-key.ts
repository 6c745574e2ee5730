/** The key that the vault's TPM attests with: a file beside the header, signed by the vault (FORMAT.md, "Attestation"). */
import type { FileHandle } from 'node:fs/promises';
import * as z from 'zod';
import { keyMessage } from '../../common/attestation/statement.js';
import { readAttestationPublic } from '../../common/attestation/tpm-structures.js';
import { MalformedBytes } from '../../common/bytes.js';
import { SherinError, systemCode } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { verifier } from '../../common/signature.js';
import type { AttestationKey, Keyring } from '../../native/index.js';
import { replaceFile } from '../disk/durable.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { base64, objectName } from './fields.js';

export const attestationKeyFile = 'attestation.json';

const longest = 8 * 1024;

const fileSchema = z.strictObject({
  public: base64(2, 512),
  private: base64(2, 2048),
  primaryName: objectName,
  signature: base64(64),
});

export interface VaultAttestationKey extends AttestationKey {
  readonly name: Buffer;
}

/** Where the file is, and whose. */
export interface AttestationKeyPlace {
  readonly path: string;
  /** For people. */
  readonly shown: string;
  readonly uuid: Buffer;
  readonly keyring: Keyring;
}

/** Null where there is none. @throws SherinError ATTESTATION_KEY: it is not what this vault has signed; errno of the disk where it is read */
export async function readAttestationKey(place: AttestationKeyPlace): Promise<VaultAttestationKey | null> {
  const refused = (part: string) => new SherinError('ATTESTATION_KEY', { path: place.shown, part });
  const bytes = await fileBytes(place);
  if (bytes === null) return null;
  const parsed = fileSchema.safeParse(parsedJson(bytes));
  if (!parsed.success || jcs(parsed.data) !== bytes.toString('utf8')) throw refused('it is malformed');
  const { signature, ...texts } = parsed.data;
  const area = Buffer.from(texts.public, 'base64');
  const primaryName = Buffer.from(texts.primaryName, 'hex');
  const name = nameOf(area);
  if (name === null) throw refused('it is a key of another kind');
  const signed = keyMessage(place.uuid, name, primaryName);
  if (!verifier(place.keyring.publicKey())(signed, Buffer.from(signature, 'base64')))
    throw refused('this vault has not signed it');
  return { name, public: area, private: Buffer.from(texts.private, 'base64'), primaryName };
}

/** Signs a new key and keeps it; durable when it resolves. @throws SherinError TPM_FAILED: it is none of the kind */
export async function writeAttestationKey(
  place: AttestationKeyPlace,
  key: AttestationKey,
): Promise<VaultAttestationKey> {
  const name = nameOf(key.public);
  if (name === null)
    throw new SherinError('TPM_FAILED', { command: 'TPM2_Create', part: 'it made a key of another kind' });
  const signature = place.keyring.sign(keyMessage(place.uuid, name, key.primaryName));
  const text = jcs({
    public: key.public.toString('base64'),
    private: key.private.toString('base64'),
    primaryName: key.primaryName.toString('hex'),
    signature: signature.toString('base64'),
  });
  await replaceFile(place.path, Buffer.from(text));
  return { ...key, name };
}

function nameOf(area: Buffer): Buffer | null {
  try {
    return readAttestationPublic(area).name;
  } catch (error) {
    if (error instanceof MalformedBytes) return null;
    throw error;
  }
}

function parsedJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}

async function fileBytes({ path, shown }: AttestationKeyPlace): Promise<Buffer | null> {
  let file: FileHandle;
  try {
    file = await openUntrusted(path);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return null;
    throw new SherinError('ATTESTATION_KEY', { path: shown, part: `it can not be opened (${code})` });
  }
  try {
    if (!(await file.stat()).isFile())
      throw new SherinError('ATTESTATION_KEY', { path: shown, part: 'it is no regular file' });
    return await readBounded(file, longest);
  } finally {
    await file.close();
  }
}
