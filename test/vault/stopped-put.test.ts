import { randomBytes } from 'node:crypto';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import { Machine } from './machine.js';

const attributes = { kind: 'file', mode: 0o600, uid: 0, gid: 0, atime: '0', mtime: '0' } as const;
const large = 256 * 1024 * 1024;

let machine: Machine;
beforeAll(() => {
  machine = Machine.start();
  writeFileSync(join(machine.home, 'small'), 'small');
  writeFileSync(join(machine.home, 'large'), randomBytes(large));
});
afterAll(() => machine.end());

it('an import that is stopped leaves out the file under way and all after it, and keeps what is whole', async () => {
  const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
  const fds = ['small', 'large'].map((name) => openSync(join(machine.home, name), 'r'));
  try {
    const { transfer } = await client.call('put.begin', { destination: 'files' });
    const small = { ...attributes, path: 'small', size: 5, fd: 0 };
    const first = await client.call('put.entries', { transfer, entries: [small] }, { fds: fds.slice(0, 1) });
    expect(first.outcomes).toMatchObject([{ outcome: 'stored' }]);
    const rest = client.call(
      'put.entries',
      {
        transfer,
        entries: [
          { ...attributes, path: 'large', size: large, fd: 1 },
          { ...attributes, path: 'later', size: 5, fd: 0 },
        ],
      },
      { fds },
    );
    await client.call('put.stop', { transfer });
    expect((await rest).outcomes[0]).toMatchObject({ path: 'large', error: { code: 'INTERRUPTED' } });
    await client.call('put.end', { transfer });
  } finally {
    client.close();
    for (const fd of fds) closeSync(fd);
  }
  expect(readFileSync(join(machine.mount, 'files/small'), 'utf8')).toBe('small');
  expect(machine.run('stat', 'files/large')).toMatchObject({ code: 1 });
  expect(machine.run('verify')).toMatchObject({ code: 0 });
});

it('Ctrl-C during a large put ends it, and says what is in the vault', async () => {
  const put = machine.begin('put', join(machine.home, 'large'), 'files/large');
  const last = async (): Promise<unknown> =>
    (await machine.call('audit.tail', { count: 1 })).records[0]?.event;
  while ((await last()) !== 'AUDIT_PUT') await sleep(1);
  process.kill(put.pid, 'SIGINT');
  const { code, err } = await put.outcome;
  expect(err).toContain('interrupted: 0 files are in the vault');
  expect(code).toBe(1);
  expect(machine.run('stat', 'files/large')).toMatchObject({ code: 1 });
});
