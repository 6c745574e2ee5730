import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cubeIdFromBytes } from '../../common/ids.js';
import { SampleVault } from '../../native/codec/vault.fixture.js';
import { readCubeFile } from './cube-source.js';
import { ReceivedCubes } from './received-cubes.js';

let source: SampleVault;
let target: SampleVault;
beforeEach(() => {
  source = new SampleVault();
  target = new SampleVault();
});
afterEach(() => {
  source.destroy();
  target.destroy();
});

async function cube() {
  const ref = await source.store(randomBytes(100_000));
  const id = cubeIdFromBytes(ref.id);
  const bytes = await readCubeFile(source.fd, id);
  if (bytes === null) throw new Error('no cube');
  return { id, ref, bytes };
}

const publicKey = () => source.keyring.publicKey();

describe('cubes from elsewhere', () => {
  it('get their names once they were checked, and leave nothing else', async () => {
    const { id, ref, bytes } = await cube();
    const received = ReceivedCubes.open(target.fd);
    await received.stage(id, bytes);
    expect(existsSync(join(target.path, target.cubePath(ref.id)))).toBe(false);
    expect(await received.scrub(id, source.uuid, publicKey())).toEqual({ ok: true });
    expect(received.accept(id, bytes.length)).toBe(false);
    expect(await received.commit()).toEqual([id]);
    expect(target.read(ref.id).equals(source.read(ref.id))).toBe(true);
    await received.close();
    expect(readdirSync(join(target.path, 'cubes/tmp'))).toEqual([]);
  });

  it('that do not verify, or were not committed, are gone', async () => {
    const { id, ref, bytes } = await cube();
    bytes.writeUInt8(bytes.readUInt8(5000) ^ 1, 5000);
    const received = ReceivedCubes.open(target.fd);
    await received.stage(id, bytes);
    expect(await received.scrub(id, source.uuid, publicKey())).toMatchObject({ ok: false, fault: 'root' });
    received.refuse(id);
    await received.stage(id, readFileSync(join(source.path, source.cubePath(ref.id))));
    expect(await received.scrub(id, source.uuid, publicKey())).toEqual({ ok: true });
    expect(await received.scrub(id, source.uuid, target.keyring.publicKey())).toMatchObject({
      fault: 'signature',
    });
    await received.close();
    expect(readdirSync(join(target.path, 'cubes'))).toEqual(['tmp']);
    expect(readdirSync(join(target.path, 'cubes/tmp'))).toEqual([]);
  });
});
