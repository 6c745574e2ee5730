import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import { SampleVault } from '../../native/codec/vault.fixture.js';
import { CubeStore, cubePath } from '../cube/store.js';
import { SealedCubes } from './sealed-cubes.js';

let vault: SampleVault;
beforeEach(() => {
  vault = new SampleVault();
});
afterEach(() => vault.destroy());

it('stores a good copy of a cube that was there, and is refused since', async () => {
  const cube = await vault.store(randomBytes(1_000));
  const id = cubeIdFromBytes(cube.id);
  const refused = new Set<CubeId>();
  const cubes = new SealedCubes({ store: new CubeStore(vault.fd), refused });
  cubes.take({ kind: 'cube', cube, temporary: null, stored: 4096 });
  refused.add(id);
  for (const temporary of ['one', 'other']) {
    writeFileSync(join(vault.path, 'cubes/tmp', temporary), temporary);
    cubes.take({ kind: 'cube', cube, temporary, stored: 4096 });
  }
  expect(readdirSync(join(vault.path, 'cubes/tmp'))).toEqual(['one']);
  await cubes.store();
  expect([...cubes.healed]).toEqual([id]);
  expect([...cubes.stored()]).toEqual([id]);
  expect(cubes.refs).toEqual([cube]);
  expect(readdirSync(join(vault.path, 'cubes/tmp'))).toEqual([]);
  expect(existsSync(join(vault.path, cubePath(id)))).toBe(true);
});
