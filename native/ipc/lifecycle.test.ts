import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const addon = join(import.meta.dirname, '../../build/Release/sherin_ipc.node');

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherin-ipc-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const prelude = (path: string): string => `const ipc = require(${JSON.stringify(addon)});
  const path = ${JSON.stringify(path)};
  const quiet = { message() {}, close() {} };`;

function run(script: string): { status: number | null; signal: string | null; text: string } {
  const source = prelude(join(directory, 'process')) + script;
  const result = spawnSync(process.execPath, ['--expose-gc', '-e', source], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  return { status: result.status, signal: result.signal, text: result.stdout + result.stderr };
}

const fine = (text: string): object => ({ status: 0, signal: null, text });

describe('life cycle', () => {
  test('closed servers and connections let the process end', () => {
    const script = `const server = ipc.listen(path, 0o600, (c) => { console.log('accepted'); return { message() {}, close() { console.log('server end'); server.close(); } }; });
      ipc.connect(path, { message() {}, close() { console.log('client end'); } }).close();`;
    expect(run(script)).toEqual(fine('accepted\nclient end\nserver end\n'));
  });

  test('open ones keep it', () => {
    const script = `const server = ipc.listen(path, 0o600, () => quiet);
      process.on('exit', () => console.log('never'));
      setTimeout(() => { process.removeAllListeners('exit'); console.log('still here'); process.exit(); }, 200).unref();`;
    expect(run(script)).toEqual(fine('still here\n'));
    const paused = `const server = ipc.listen(path, 0o600, (c) => { server.close(); c.pause(); return quiet; });
      const client = ipc.connect(path, quiet); client.pause();
      setTimeout(() => { console.log('still here'); process.exit(); }, 200).unref();`;
    expect(run(paused)).toEqual(fine('still here\n'));
  });

  test('open ones survive garbage collection', () => {
    const script = `(() => { const server = ipc.listen(path, 0o600, (c) => ({ message(m) { console.log(String(m)); c.close(); server.close(); }, close() {} })); })();
      (() => { const c = ipc.connect(path, quiet); setTimeout(() => c.send(Buffer.from('hello')), 50); })();
      for (let i = 0; i < 5; i++) gc();`;
    expect(run(script)).toEqual(fine('hello\n'));
  });

  test('exit in the middle of everything', () => {
    const script = `ipc.listen(path, 0o600, () => quiet);
      const client = ipc.connect(path, quiet);
      for (let i = 0; i < 1000; i++) client.send(Buffer.alloc(100000)).catch(() => {});
      setImmediate(() => process.exit());`;
    expect(run(script)).toEqual(fine(''));
  });

  test('an exception in a handler is an uncaught exception, not a crash', () => {
    const script = `process.on('uncaughtException', (error) => console.log('uncaught', error.message));
      const server = ipc.listen(path, 0o600, (c) => ({ message(m) { if (String(m) === 'bad') throw new Error('handler'); console.log(String(m)); c.close(); server.close(); }, close() { throw new Error('closing'); } }));
      const client = ipc.connect(path, quiet);
      client.send(Buffer.from('bad')); client.send(Buffer.from('good'));`;
    expect(run(script)).toEqual(fine('uncaught handler\ngood\nuncaught closing\n'));
    const accepting = `process.on('uncaughtException', (error) => console.log(error.message));
      const server = ipc.listen(path, 0o600, () => { server.close(); throw new Error('accepting'); });
      ipc.connect(path, { message() {}, close(error) { console.log('closed', error); } });`;
    expect(run(accepting)).toEqual(fine('accepting\nclosed null\n'));
  });

  test('promises settle after close', () => {
    const script = `const server = ipc.listen(path, 0o600, (c) => { server.close(); c.pause(); setTimeout(() => c.close(), 100); return quiet; });
      const client = ipc.connect(path, quiet);
      const work = Array.from({ length: 100 }, () => client.send(Buffer.alloc(100000)).catch((error) => error.code));
      setTimeout(() => client.close(), 50);
      Promise.all(work).then((all) => { console.log(all.at(-1)); return client.send(Buffer.from('x')); }).catch((error) => console.log(error.code));`;
    expect(run(script)).toEqual(fine('ECANCELED\nEPIPE\n'));
  });

  test('worker threads may end with everything open', async () => {
    for (let i = 0; i < 10; i++) {
      const path = join(directory, `worker${i}`);
      const source = `${prelude(path)}
        const server = ipc.listen(path, 0o600, (c) => { c.send(Buffer.alloc(1000)); return quiet; });
        const client = ipc.connect(path, { message() { require('node:worker_threads').parentPort.postMessage('ready'); }, close() {} });
        for (let i = 0; i < 100; i++) client.send(Buffer.alloc(100000)).catch(() => {});`;
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      await worker.terminate();
      expect(existsSync(path)).toBe(false);
    }
  });
});
