/** A process that can make no thread any more: what has changed still goes out of the kernel's caches, and what is only looked ahead at fails nobody. */
import { expect, it } from 'vitest';
import { fine, runScript } from '../child.fixture.js';

/** Less than the stack of a thread takes. */
const limit = `
  const { execFileSync } = require('node:child_process');
  const data = () => Number(/^VmData:\\s+(\\d+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
  const limit = (bytes) => execFileSync('prlimit', ['--pid=' + process.pid, '--data=' + bytes + ':']);
  const folder = temporaryFolder();`;
const withoutThreads = 'limit(data() + (4 << 20));';
const freely = "limit('unlimited');";
const remove = 'fs.rmSync(folder, { recursive: true });';

it('a session drops nodes and names', () => {
  const script = `${limit}
    const stay = setInterval(() => undefined, 1000);
    await new Promise((ready) => {
      globalThis.session = new native.FuseSession({ mountOptions: [], deadline: 20_000, threads: 2 }, ready);
      session.mount(Buffer.from(folder));
    });
    ${withoutThreads}
    const drop = async () => session.invalidate(null, []);
    process.stdout.write(await drop().then(() => 'dropped', ({ code }) => code));
    ${freely}
    execFileSync('fusermount3', ['-u', folder]);
    ${remove}
    await session.end();
    clearInterval(stay);`;
  expect(runScript(script)).toEqual(fine('dropped'));
});

it('a reader that can not read ahead says nothing of it', () => {
  const script = `${limit}
    const options = makeVault(folder);
    const encoded = await native.encodeBuffer(crypto.randomBytes(100_000), options);
    place(folder, encoded);
    const reader = new native.CubeReader({ vaultFd: options.vaultFd, cacheBytes: 1 << 20, threads: 1, uuid, wholeCubes: false });
    reader.resume(options.keyring);
    ${withoutThreads}
    reader.prefetch(encoded.cube);
    const target = Buffer.alloc(1000);
    const refused = await reader.read(encoded.cube, 0, 1000, target, 0).catch(({ code }) => code);
    ${freely}
    const { ok } = await reader.read(encoded.cube, 0, 1000, target, 0);
    ${remove}
    process.stdout.write([refused, ok].join(' '));`;
  expect(runScript(script)).toEqual(fine('EAGAIN true'));
});
