/** What libfuse says of a mount goes into the log, without the path. */
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { FileSystem } from '../../mount/file-system.js';
import { Connection } from '../../mount/native/connection.js';
import { ServedVault } from '../service.fixture.js';
import { VaultSource } from './mount-source.js';

let vault: ServedVault;
beforeEach(async () => {
  vault = await ServedVault.start();
});
afterEach(() => vault.end());

it('of one that does not come about', async () => {
  const source = new VaultSource(vault.service, false, null);
  const told: object[] = [];
  const log = { error: () => undefined, warn: (details: object) => told.push(details) };
  const quiesce = async () => undefined;
  const options = { listIds: false, shared: false, callersUnknown: false, attributeTimeout: 0, quiesce };
  const fs = new FileSystem(source, options);
  const connection = new Connection({
    fs,
    source,
    log,
    deadline: 1000,
    mountOptions: [],
    over: () => undefined,
  });
  const path = join(tmpdir(), 'sherin-nowhere', 'mount');
  await expect(connection.start(path)).rejects.toMatchObject({ code: 'MOUNT_USED' });
  // The words are libfuse's own.
  expect(told).toEqual([{ said: expect.stringMatching(/^fuse: .*….*No such file or directory$/) }]);
  await connection.end();
});
