/** Child of crash.test.ts: appends as fast as it can and says on stdout how many records the log has acknowledged so far. */
import { createHmac, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { writeSync } from 'node:fs';
import { system } from '../../native/index.js';
import { chainWith } from './chain.fixture.js';
import { AuditLog } from './log.js';

const [dir = '', secret = ''] = process.argv.slice(2);
const privateKey = createPrivateKey({ key: Buffer.from(secret, 'base64'), format: 'der', type: 'pkcs8' });
const mac = (data: Buffer): Buffer => createHmac('sha256', 'k').update(data).digest();
const log = await AuditLog.open({
  dir,
  uuid: Buffer.alloc(16, 7),
  publicKey: createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32),
  mac,
  chain: chainWith(mac),
  write: system.writeDurably,
  sign: (message) => sign(null, message, privateKey),
  expect: null,
  rotateAt: 100_000,
});
let acknowledged = log.head().size;
const actor = { uid: 0, pid: process.pid, exe: process.execPath };
for (let n = 0; ; n += 1) {
  const group = Array.from({ length: 1 + (n % 40) }, () => ({
    event: 'AUDIT_TEST',
    id: null,
    actor,
    meta: { n },
  }));
  await Promise.all(group.map((one) => log.append(one)));
  acknowledged += group.length;
  // synchronous: what is said is said before the kill
  writeSync(1, `${acknowledged}\n`);
}
