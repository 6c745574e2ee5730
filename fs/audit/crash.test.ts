import { execFile, spawn } from 'node:child_process';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { system } from '../../native/index.js';
import { chainWith } from './chain.fixture.js';
import { event, logFixture } from './log.fixture.js';
import { AuditLog, type AuditLogOptions } from './log.js';
import { verifyAudit } from './verify.js';

const program = built(join(import.meta.dirname, 'crash.child.ts'));

test('SIGKILL at any moment loses nothing that was acknowledged', async () => {
  const base = await mkdtemp(join(tmpdir(), 'sherin-audit-'));
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const mac = (data: Buffer): Buffer => createHmac('sha256', 'k').update(data).digest();
  const options: AuditLogOptions = {
    dir: join(base, 'audit'),
    uuid: Buffer.alloc(16, 7),
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    mac,
    chain: chainWith(mac),
    write: system.writeDurably,
    sign: (message) => sign(null, message, privateKey),
    expect: null,
  };
  const secret = privateKey.export({ format: 'der', type: 'pkcs8' }).toString('base64');
  let durable = 0;
  for (let round = 0; round < 8; round++) {
    const child = spawn(process.execPath, [program, options.dir, secret], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
    });
    const ended = new Promise((done) => child.on('close', done));
    while (!said.includes('\n') && child.exitCode === null) await setTimeout(10);
    await setTimeout(20 + 25 * round);
    child.kill('SIGKILL');
    await ended;
    const acknowledged = Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
    expect(acknowledged).toBeGreaterThan(durable);
    const log = await AuditLog.open(options);
    durable = log.head().size;
    await log.close();
    expect(durable).toBeGreaterThanOrEqual(acknowledged);
  }
  const { records, torn } = await verifyAudit({ ...options, expect: null });
  expect({ records, torn }).toEqual({ records: durable, torn: 0 });
  await rm(base, { recursive: true });
});

test('a full disk refuses records, keeps the log whole, and leaves room for the essential ones', async () => {
  const run = promisify(execFile);
  const fixture = await logFixture(200_000);
  const disk = join(fixture.dir, '..', 'disk');
  await run('mkdir', [disk]);
  await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
  try {
    const options = { ...fixture, dir: join(disk, 'audit') };
    const log = await AuditLog.open(options);
    await run('sh', ['-c', `cat /dev/zero > ${disk}/filler || true`]);
    const refused = { code: 'AUDIT_UNWRITABLE', context: { part: 'ENOSPC' } };
    const fill = async (): Promise<number> => {
      for (let n = 0; ; n++) {
        const error = await log.append(event(n)).then(
          () => null,
          (reason: unknown) => reason,
        );
        if (error === null) continue;
        expect(error).toMatchObject(refused);
        return n;
      }
    };
    await fill();
    const before = log.head();
    await expect(log.append(event(0))).rejects.toMatchObject(refused);
    expect(log.head()).toEqual(before);
    for (let n = 0; n < 100; n++) await log.append({ ...event(n), event: 'AUDIT_LOCK' }, { essential: true });
    expect(log.head().size).toBe(before.size + 100);
    await verifyAudit({ ...options, expect: log.head() });
    await rm(join(disk, 'filler'));
    await log.append(event(1));
    const { head } = { head: log.head() };
    await log.close();
    const again = await AuditLog.open({ ...options, expect: head });
    expect(again.head()).toEqual(head);
    await again.close();
    expect((await verifyAudit(options)).torn).toBe(0);
  } finally {
    await run('umount', [disk]);
    await fixture.remove();
  }
});
