/** What addons get wrong: loading twice, threads, collection, the end of the process, calls on the wrong object. */
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { addonPath, fine, runScript } from './child.fixture.js';

const folder = 'const folder = temporaryFolder(); const options = makeVault(folder);';
const remove = 'fs.rmSync(folder, { recursive: true });';

/** Encodes `count` cubes and keeps reading them. */
const busy = `${folder}
  const data = crypto.randomBytes(1048576);
  const encoded = await native.encodeBuffer(data, options);
  place(folder, encoded);
  const reader = new native.CubeReader({ vaultFd: options.vaultFd, cacheBytes: 1 << 20, threads: 4, uuid, wholeCubes: false });
  reader.resume(options.keyring);
  const targets = Array.from({ length: 50 }, () => Buffer.alloc(1048576));
  const reads = targets.map((target) => reader.read(encoded.cube, 0, 1048576, target, 0));`;

describe('loading', () => {
  it('twice gives the same addon', () => {
    const script = `
      const first = native;
      delete require.cache[require.resolve(${JSON.stringify(addonPath)})];
      const second = require(${JSON.stringify(addonPath)});
      const [a, b] = [first.Secret.random(32), second.Secret.random(32)];
      process.stdout.write([first.Secret.equal(a, a), second.Secret.equal(b, b)].join(' '));`;
    expect(runScript(script)).toEqual(fine('true true'));
  });

  it('exports exactly what index.ts types', () => {
    const addon = createRequire(import.meta.url)(addonPath) as Record<string, unknown>;
    expect(Object.keys(addon).sort()).toEqual([
      'CubeReader',
      'Encoder',
      'FuseSession',
      'Keyring',
      'Rewrites',
      'Secret',
      'Threads',
      'Tpm',
      'checkCubeHeader',
      'encodeBuffer',
      'encodeSlot',
      'leafHashes',
      'reencryptCube',
      'rootOfBlocks',
      'rootOfHashes',
      'scrubCube',
      'system',
    ]);
  });
});

describe('the end of a process', () => {
  it('is not held up by an idle addon', () => {
    expect(
      runScript(
        `${folder} new native.CubeReader({ vaultFd: options.vaultFd, cacheBytes: 0, threads: 2, uuid, wholeCubes: false }); ${remove}`,
      ),
    ).toEqual(fine());
  });

  it('waits for promises', () => {
    const script = `${busy} Promise.all(reads).then((results) => { ${remove}
      process.stdout.write(String(results.every((result) => result.ok) && targets.every((target) => target.equals(data)))); });`;
    expect(runScript(script)).toEqual(fine('true'));
  });

  it('is clean in the middle of reads, encodes, prefetches and stops', () => {
    const script = `${busy} for (let i = 0; i < 20; i++) {
        reader.prefetch(encoded.cube);
        native.encodeBuffer(data, { ...options, owner: i }).catch(() => {});
      }
      native.Secret.scrypt(null, data.subarray(0, 32), { n: 16384, r: 8, p: 1 });
      void reader.stop(); fs.writeSync(1, folder); process.exit(0);`;
    const ended = runScript(script);
    expect(ended).toEqual(fine(expect.stringMatching(/^\S+sherin-child-\w+$/)));
    rmSync(ended.text, { recursive: true });
  });

  it('is clean after an uncaught error', () => {
    const ended = runScript(`${busy} ${remove} setImmediate(() => { throw new Error('on purpose'); });`);
    expect(ended).toMatchObject({ status: 1, signal: null });
    expect(ended.text).toContain('on purpose');
  });
});

describe('garbage collection', () => {
  it('frees handles by the thousand', () => {
    const script = `
      const before = process.memoryUsage().rss;
      for (let round = 0; round < 30; round++) {
        for (let i = 0; i < 1000; i++) native.Secret.random(4096);
        for (let i = 0; i < 20; i++) native.Keyring.generate(uuid);
        global.gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      process.stdout.write(String(process.memoryUsage().rss - before < 64 << 20));`;
    expect(runScript(script, [process.execPath, '--expose-gc'])).toEqual(fine('true'));
  });

  it('does not take a reader or target away from a read under way', () => {
    const script = `${folder}
      const data = crypto.randomBytes(1048576);
      const encoded = await native.encodeBuffer(data, options);
      place(folder, encoded);
      const begin = () => {
        const reader = new native.CubeReader({ vaultFd: options.vaultFd, cacheBytes: 1 << 20, threads: 2, uuid, wholeCubes: false });
        reader.resume(options.keyring);
        const target = Buffer.alloc(1048576);
        const seen = new WeakRef(target);
        const promise = Promise.all([reader.read(encoded.cube, 0, 1048576, target, 0), ...Array.from({ length: 9 }, () => reader.verify(encoded.cube, null))]);
        return { promise, seen };
      };
      const reads = Array.from({ length: 10 }, begin);
      global.gc();
      let good = true;
      for (const { promise, seen } of reads) {
        good &&= (await promise).every((result) => result.ok);
        const target = seen.deref();
        good &&= target === undefined || target.equals(data);
      }
      global.gc();
      ${remove}
      process.stdout.write(String(good));`;
    expect(runScript(script, [process.execPath, '--expose-gc'])).toEqual(fine('true'));
  });

  it('leaves the keys to the work that uses them', () => {
    const script = `${folder}
      const begin = () => {
        const keyring = native.Keyring.generate(uuid);
        return Array.from({ length: 20 }, () => native.encodeBuffer(crypto.randomBytes(100_000), { ...options, keyring }));
      };
      const encodes = begin();
      global.gc();
      const kinds = new Set((await Promise.all(encodes)).map((encoded) => encoded.kind));
      ${remove}
      process.stdout.write([...kinds].join(' '));`;
    expect(runScript(script, [process.execPath, '--expose-gc'])).toEqual(fine('cube'));
  });
});

describe('worker threads', () => {
  it('have an addon of their own', async () => {
    const source = `
      const native = require(${JSON.stringify(addonPath)});
      const { parentPort } = require('node:worker_threads');
      const keyring = native.Keyring.generate(Buffer.alloc(16));
      native.Secret.scrypt(native.Secret.random(8), Buffer.alloc(32), { n: 1024, r: 8, p: 1 })
        .then((key) => parentPort.postMessage([key.length, keyring.sign(Buffer.alloc(1)).length]));`;
    const workers = Array.from({ length: 4 }, () => new Worker(source, { eval: true }));
    const answers = workers.map((worker) => new Promise((resolve) => worker.once('message', resolve)));
    expect(await Promise.all(answers)).toEqual(workers.map(() => [32, 64]));
    expect(await Promise.all(workers.map((worker) => worker.terminate()))).toHaveLength(4);
  });

  it('may be ended in the middle of anything', () => {
    const worker = `(async () => { const { parentPort } = require('node:worker_threads');
      ${busy} for (let i = 0; i < 10; i++) native.encodeBuffer(data, { ...options, owner: i }).catch(() => {});
      parentPort.postMessage(folder); })();`;
    const script = `const { Worker } = require('node:worker_threads');
      for (let round = 0; round < 5; round++) {
        const worker = new Worker(workerSource, { eval: true });
        const folder = await new Promise((resolve, reject) => { worker.once('message', resolve); worker.once('error', reject); });
        await worker.terminate();
        fs.rmSync(folder, { recursive: true });
      }
      process.stdout.write('ended');`;
    expect(runScript(script.replace('workerSource', `preludeSource + ${JSON.stringify(worker)}`))).toEqual(
      fine('ended'),
    );
  });

  it('can not be handed keys', async () => {
    const script = `const { MessageChannel } = require('node:worker_threads');
      const { port1, port2 } = new MessageChannel();
      const received = new Promise((resolve) => port2.once('message', resolve));
      port1.postMessage({ secret: native.Secret.random(8) });
      const { secret } = await received;
      let refused = 0;
      try { native.Secret.equal(secret, secret); } catch (error) { refused = error instanceof TypeError; }
      port1.close();
      process.stdout.write(String(refused));`;
    expect(runScript(script)).toEqual(fine('true'));
  });
});

describe('a session that libfuse refuses', () => {
  it('throws, and leaves nothing for the end of its environment', () => {
    const attempts = `
      let refused = 0;
      for (let i = 0; i < 20; i++) {
        try { new native.FuseSession({ mountOptions: ['nonsense=1'], deadline: 1000, threads: 1 }, () => {}); }
        catch (error) { if (error.code === 'EINVAL') refused++; }
      }
      // What was freed is something else by now.
      const others = Array.from({ length: 1000 }, () => native.Secret.random(100));
      for (const secret of others) secret.wipe();`;
    const script = `
      const { Worker } = require('node:worker_threads');
      ${attempts}
      const worker = new Worker(preludeSource + ${JSON.stringify(`${attempts} require('node:worker_threads').parentPort.postMessage(refused);`)}, { eval: true });
      const said = new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
      const left = new Promise((resolve) => worker.once('exit', resolve));
      console.log([refused, await said, await left].join());`;
    const { text, ...end } = runScript(script);
    expect(end).toEqual({ status: 0, signal: null });
    expect(text.replaceAll(/^.*nonsense.*\n/gm, '')).toBe('20,20,0\n');
  });
});

describe('methods on the wrong object', () => {
  it('throw', () => {
    const script = `${folder}
      const reader = new native.CubeReader({ vaultFd: options.vaultFd, cacheBytes: 0, threads: 1, uuid, wholeCubes: false });
      const objects = [native.Secret.random(1), options.keyring, reader, {}, null, 1];
      let wrong = 0;
      for (const owner of objects.slice(0, 3)) {
        const prototype = Object.getPrototypeOf(owner);
        for (const name of Object.getOwnPropertyNames(prototype)) {
          if (name === 'constructor') continue;
          const { value, get } = Object.getOwnPropertyDescriptor(prototype, name);
          for (const other of objects) {
            if (other === owner) continue;
            try { (value ?? get).call(other); wrong++; } catch (error) { if (!(error instanceof TypeError)) wrong++; }
          }
        }
      }
      ${remove}
      process.stdout.write(String(wrong));`;
    expect(runScript(script)).toEqual(fine('0'));
  });

  it('and hostile arguments never end the process', () => {
    const script = `${folder}
      const trap = new Proxy({}, { get() { throw new Error('trap'); }, has() { throw new Error('trap'); } });
      const shared = Buffer.from(new SharedArrayBuffer(32));
      const detached = Buffer.from(new ArrayBuffer(32));
      structuredClone(detached.buffer, { transfer: [detached.buffer] });
      const values = [undefined, null, 0, -1, NaN, Infinity, 2 ** 53, 1n, '', 'x', true, Symbol('x'), {}, [], [[]], () => 1, trap,
        shared, detached, Buffer.alloc(0), Buffer.alloc(32), new DataView(new ArrayBuffer(8)), options.keyring, native.Secret.random(4),
        { id: detached, root: detached, length: 1 }, Object.create(native.Secret.prototype), Object.create(options.keyring)];
      const reader = new native.CubeReader({ vaultFd: options.vaultFd, cacheBytes: 0, threads: 1, uuid, wholeCubes: false });
      const skipped = new Set(['harden', 'readSecretLine', 'readFd', 'writeRecoveryKey', 'wipe', 'flock']);
      const functions = [];
      for (const owner of [native, native.system, native.Secret, native.Keyring, reader, options.keyring, native.Secret.random(1)]) {
        for (const name of [...Object.getOwnPropertyNames(owner), ...Object.getOwnPropertyNames(Object.getPrototypeOf(owner))]) {
          if (skipped.has(name) || name === 'constructor') continue;
          let value; try { value = owner[name]; } catch { continue; }
          if (typeof value === 'function' && !Object.hasOwn(Function.prototype, name) && !Object.hasOwn(Object.prototype, name)) functions.push([owner, value]);
        }
      }
      let calls = 0;
      const pick = () => values[crypto.randomInt(values.length)];
      for (let round = 0; round < 400; round++) {
        for (const [owner, call] of functions) {
          calls++;
          try { const result = call.call(owner, pick(), pick(), pick(), pick(), pick(), pick()); if (result instanceof Promise) result.catch(() => {}); } catch {}
        }
      }
      ${remove}
      process.stdout.write(String(calls > 1000));`;
    expect(runScript(script)).toEqual(fine('true'));
  });
});
