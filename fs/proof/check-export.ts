/** Checks a manifest export with the public key alone (FORMAT.md, "Manifest export"). */
import { asCubeId, isSherinId } from '../../common/ids.js';
import { signedMessage, verifier } from '../../common/signature.js';
import { uuidForm, uuidText, type VaultKey } from '../../common/vault-key.js';
import { decodeHead, headMessage, layoutBytes, type TreeHead } from '../manifest/head.js';
import { NotProven } from './check-proof.js';
import { ExportReader } from './export-reader.js';

export interface ProvenExport {
  readonly cubes: number;
  readonly objects: number;
  readonly head: TreeHead;
}

/** @param fd of the file, at its beginning. @throws NotCanonical, NotProven, MalformedBytes */
export function checkExport(fd: number, key: VaultKey): ProvenExport {
  const input = new ExportReader(fd);
  const verify = verifier(key.publicKey);
  input.take('{"cubes":{');
  const cubes = members(input, (id) => asCubeId(id) !== undefined, cube);
  input.take(',"head":{"layout":');
  const layout = hash(input, layoutBytes);
  input.take(',"signature":');
  const headSignature = hash(input, 64);
  input.take('},"objects":{');
  const objects = members(input, isSherinId, object);
  const signature = input.unhashed(() => {
    input.take(',"signature":');
    return hash(input, 64);
  });
  input.take(',"v":1,"vault":');
  const vault = input.text();
  input.take('}');
  const digest = input.end();
  // Nobody has signed it so far: it is not told as it stands there.
  if (!uuidForm.test(vault)) throw input.bad('its vault is no UUID');
  if (vault !== uuidText(key.uuid))
    throw new NotProven(`it is of the vault ${vault}, the key of ${uuidText(key.uuid)}`);
  if (!verify(signedMessage('export', key.uuid, digest), signature))
    throw new NotProven('its signature does not verify');
  if (!verify(headMessage(key.uuid, layout), headSignature))
    throw new NotProven('the signature of its head does not verify');
  return { cubes, objects, head: decodeHead(layout, headSignature) };
}

/** Members in their order, none of them twice. */
function members(
  input: ExportReader,
  isName: (name: string) => boolean,
  value: (input: ExportReader) => void,
): number {
  let count = 0;
  let before = '';
  input.list('}', () => {
    const name = input.text();
    if (!isName(name)) throw input.bad('a name is no ID');
    if (name <= before) throw input.bad('names are not in their order');
    before = name;
    count += 1;
    input.take(':');
    value(input);
  });
  return count;
}

function cube(input: ExportReader): void {
  input.take('{"hash":');
  input.orNull(() => hash(input, 32));
  input.take(',"size":');
  input.orNull(() => input.count());
  input.take('}');
}

function object(input: ExportReader): void {
  input.take('{"cubes":[');
  input.list(']', () => {
    const id = input.orNull(() => input.text());
    if (id !== null && asCubeId(id) === undefined) throw input.bad('a cube has no ID');
  });
  input.take(',"length":');
  input.count();
  input.take(',"paths":[');
  input.list(']', () => {
    input.take('{"path":');
    input.text();
    input.take(',"policy":');
    if (!['user', 'admin', 'system'].includes(input.text())) throw input.bad('a policy is unknown');
    input.take('}');
  });
  if (input.takeIf(',')) {
    input.take('"roots":[');
    input.list(']', () => input.orNull(() => hash(input, 32)));
  }
  input.take('}');
}

function hash(input: ExportReader, length: number): Buffer {
  const text = input.text();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length !== length || bytes.toString('base64') !== text)
    throw input.bad(`a value is not base64 of ${length} bytes`);
  return bytes;
}
