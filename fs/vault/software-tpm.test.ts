import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { Tpm } from '../../native/index.js';
import { SoftwareTpm } from './software-tpm.js';

let base: string;
let place: { stateDir: string; runtimeDir: string };
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'sherin-swtpm-'));
  place = { stateDir: join(base, 'state'), runtimeDir: join(base, 'run') };
});
afterEach(async () => {
  await rm(base, { recursive: true });
});

async function primary(software: SoftwareTpm): Promise<string> {
  const tpm = await Tpm.connect(software.tcti);
  const name = (await tpm.primaryName()).toString('hex');
  await tpm.close();
  return name;
}

/** A TPM that has been used once; its primary's name. */
async function made(): Promise<string> {
  const software = await SoftwareTpm.create(place);
  const name = await primary(software);
  await software.stop();
  return name;
}

describe('a software TPM', () => {
  test('keeps its state over many starts, and is ready when start resolves', async () => {
    const name = await made();
    for (let round = 0; round < 20; round++) {
      const again = await SoftwareTpm.start(place);
      expect(await primary(again)).toBe(name);
      await again.stop();
    }
    expect(await readdir(place.runtimeDir)).toEqual([]);
  });

  test('is not made anew where its state is gone', async () => {
    await expect(SoftwareTpm.start(place)).rejects.toMatchObject({ code: 'TPM_MISSING' });
    await mkdir(place.stateDir, { mode: 0o700 });
    await expect(SoftwareTpm.start(place)).rejects.toMatchObject({ code: 'TPM_MISSING' });
    expect(await readdir(place.stateDir)).toEqual([]);
  });

  test('is not used when others may read its state', async () => {
    await made();
    await chmod(place.stateDir, 0o750);
    await expect(SoftwareTpm.start(place)).rejects.toMatchObject({ code: 'VAULT_UNSAFE' });
  });

  test('is ended first when one was left behind', async () => {
    const orphan = await SoftwareTpm.create(place);
    const name = await primary(orphan);
    const next = await SoftwareTpm.start(place);
    expect(orphan.running).toBe(false);
    expect(await primary(next)).toBe(name);
    await next.stop();
    await orphan.stop();
  });

  test('is waited for where it has gone, and not let go of the state yet', async () => {
    await made();
    const holding = [
      'import fcntl, sys',
      "lock = open('.lock', 'r+')",
      'fcntl.lockf(lock, fcntl.LOCK_EX)',
      "print('locked', flush=True)",
      'sys.stdin.read()',
    ];
    const holder = spawn('python3', ['-c', holding.join('\n')], { cwd: place.stateDir });
    await once(holder.stdout, 'data');
    const starting = SoftwareTpm.start(place);
    setTimeout(() => holder.stdin.end(), 200);
    await (await starting).stop();
  });

  test('leaves another process with the old number alone', async () => {
    await made();
    const other = spawn('sleep', ['60'], { cwd: place.stateDir });
    await writeFile(join(place.stateDir, 'swtpm.pid'), `${other.pid}\n`);
    const next = await SoftwareTpm.start(place);
    expect(other.exitCode).toBeNull();
    expect(other.signalCode).toBeNull();
    await next.stop();
    other.kill('SIGKILL');
  });

  test('is reached however long the name of the runtime directory is', async () => {
    for (const name of ['x'.repeat(120), 'a,b']) {
      const software = await SoftwareTpm.create({ ...place, runtimeDir: join(base, name) });
      const socket = software.tcti.replace('swtpm:path=', '');
      expect((await stat(join(socket, '..'))).mode & 0o777).toBe(0o700);
      await primary(software);
      await software.stop();
      await expect(stat(join(socket, '..'))).rejects.toMatchObject({ code: 'ENOENT' });
    }
  });

  test('says what is wrong when it can not start', async () => {
    await made();
    await writeFile(join(place.stateDir, 'tpm2-00.permall'), 'not the state of a TPM');
    await expect(SoftwareTpm.start(place)).rejects.toMatchObject({
      code: 'TPM_FAILED',
      message: expect.stringMatching(/to start \(swtpm\).*swtpm: /),
    });
    expect(await readdir(place.runtimeDir)).toEqual([]);
  });

  test('is given up when it does not come to an answer', async () => {
    await made();
    const state = join(place.stateDir, 'tpm2-00.permall');
    await rm(state);
    // To open it waits for a writer.
    execFileSync('mkfifo', [state]);
    await expect(SoftwareTpm.start(place)).rejects.toMatchObject({
      code: 'TPM_FAILED',
      message: expect.stringContaining('it did not answer within 10 s'),
    });
    expect(await readdir(place.runtimeDir)).toEqual([]);
  }, 30_000);

  test('ends with the process that started it, even killed', async () => {
    const name = await made();
    const program = built(join(import.meta.dirname, 'software-tpm.child.ts'));
    const child = spawn(process.execPath, [program, place.stateDir, place.runtimeDir]);
    try {
      const pid = Number(await new Promise((resolve) => child.stdout.once('data', resolve)));
      expect(await readFile(`/proc/${pid}/status`, 'utf8')).toMatch(/^NoNewPrivs:\t1$/m);
      child.kill('SIGKILL');
      await expect.poll(() => readlink(`/proc/${pid}/exe`).catch(() => null), { timeout: 10_000 }).toBeNull();
    } finally {
      child.kill('SIGKILL');
    }
    const next = await SoftwareTpm.start(place);
    expect(await primary(next)).toBe(name);
    expect(await readdir(place.runtimeDir)).toHaveLength(1);
    await next.stop();
    expect(await readdir(place.runtimeDir)).toEqual([]);
  });
});
