import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { built } from '../../common/built.fixture.js';
import { requireProgram } from '../../common/find-program.js';
import { openLocked } from './open.js';
import { type VaultFixture, vaultFixture } from './vault.fixture.js';

const program = built(join(import.meta.dirname, 'create.child.ts'));
let base: string;
beforeAll(async () => {
  base = await mkdtemp(join(tmpdir(), 'sherin-create-'));
});
afterAll(async () => {
  await rm(base, { recursive: true });
});

test('a kill in the middle leaves a whole vault or none', async () => {
  const places = {
    tcti: null,
    tpmState: join(base, 'tpm'),
    runtime: join(base, 'run'),
    knownVaults: join(base, 'known_vaults'),
  };
  const verdicts = new Set<string>();
  for (let round = 0; round < 8; round++) {
    const names = Array.from({ length: 20 }, (_, n) => `vault-${round}-${n}`);
    const child = spawn(process.execPath, [program, base, ...names], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    // one is whole; the kill hits another, each round at another step
    await Promise.race([new Promise((resolve) => child.stdout.once('data', resolve)), ended]);
    await setTimeout(17 * round);
    child.kill('SIGKILL');
    await ended;
    for (const name of names) {
      const vault = await openLocked(join(base, name), places).catch((error: unknown) => error);
      if (vault instanceof Error) {
        expect(vault).toMatchObject({ code: 'VAULT_MISSING' });
        verdicts.add('none');
        continue;
      }
      const locked = vault as Awaited<ReturnType<typeof openLocked>>;
      expect(await readFile(locked.directory.inside('manifest.db'), 'utf8')).toBe('here');
      (await locked.unlockTpm(null)).wipe();
      await locked.close();
      verdicts.add('whole');
    }
  }
  expect([...verdicts].sort()).toEqual(['none', 'whole']);
});

describe('an init that was killed', () => {
  let fixture: VaultFixture;
  beforeEach(async () => {
    fixture = await vaultFixture();
  });
  afterEach(() => fixture.remove());

  /** Names of the states of software TPMs. */
  const states = (): Promise<string[]> => readdir(fixture.places.tpmState);
  /** At the path of the fixture, with all but the header. */
  async function killed(): Promise<void> {
    const child = spawn(process.execPath, [program, fixture.base, 'suicide', 'vault']);
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  }
  async function made(path = fixture.path): Promise<string> {
    const { vault, keyring, recovery } = await fixture.create({ path });
    const { uuid } = vault.header;
    for (const secret of [keyring, recovery]) secret.wipe();
    await vault.close();
    return uuid;
  }
  async function opens(path: string): Promise<void> {
    const vault = await openLocked(path, fixture.places);
    (await vault.unlockTpm(null)).wipe();
    await vault.close();
  }

  test('leaves a TPM that goes with the next one', async () => {
    await killed();
    const [left] = await states();
    expect(await readdir(join(fixture.places.tpmState, left ?? ''))).toContain('tpm2-00.permall');
    const uuid = await made();
    expect(await states()).toEqual([uuid]);
    await opens(fixture.path);
  });

  test('leaves a whole vault with its TPM, where it had not let go of that yet', async () => {
    const uuid = await made();
    const state = join(fixture.places.tpmState, uuid);
    expect(await readdir(state)).not.toContain('init.tmp');
    await writeFile(join(state, 'init.tmp'), fixture.path);
    await expect(made()).rejects.toMatchObject({ code: 'VAULT_EXISTS' });
    await opens(fixture.path);
    expect(await readdir(state)).not.toContain('init.tmp');
  });

  test('leaves at whatever moment nothing that stays', async () => {
    await mkdir(fixture.path);
    for (const wait of [20, 40, 60, 80, 100, 120]) {
      const child = spawn(process.execPath, [program, fixture.base, 'vault']);
      const ended = once(child, 'exit');
      await setTimeout(150 + wait);
      child.kill('SIGKILL');
      await ended;
      if ((await readdir(fixture.path)).includes('vault.json')) await emptyOut();
    }
    const uuid = await made();
    expect(await states()).toEqual([uuid]);
  });

  /** A vault that was finished goes, and its TPM with it. */
  async function emptyOut(): Promise<void> {
    const { uuid } = JSON.parse(await readFile(join(fixture.path, 'vault.json'), 'utf8')) as { uuid: string };
    for (const path of [fixture.path, join(fixture.places.tpmState, uuid)])
      await rm(path, { recursive: true });
  }

  test('does not lose a vault its TPM, whatever its mark says', async () => {
    const other = join(fixture.base, 'other');
    const uuid = await made(other);
    await mkdir(fixture.path, { mode: 0o700 });
    for (const text of [uuid, `../tpm/${uuid}`, '..', '', '\n'.repeat(100)]) {
      await writeFile(join(fixture.path, 'init.tmp'), text);
      const next = await made();
      expect((await states()).sort()).toEqual([uuid, next].sort());
      await opens(other);
      await emptyOut();
      await mkdir(fixture.path, { mode: 0o700 });
    }
  });

  test('does not lose another that is at work its TPM', async () => {
    const other = join(fixture.base, 'other');
    await mkdir(fixture.path, { mode: 0o700 });
    const { vault, keyring, recovery } = await fixture.create({
      path: other,
      populate: async ({ header }) => {
        await writeFile(join(fixture.path, 'init.tmp'), header.uuid);
        await made();
      },
    });
    for (const secret of [keyring, recovery]) secret.wipe();
    await vault.close();
    await opens(other);
  });

  test('is no reason to wait for a writer, where a pipe is in the place of its mark', async () => {
    await mkdir(fixture.path, { mode: 0o700 });
    execFileSync('mkfifo', [join(fixture.path, 'init.tmp')]);
    await made();
    await opens(fixture.path);
  });
});

test('a missing tool is named with its package', () => {
  const missing = { code: 'TOOL_MISSING', hint: 'install it with: apt-get install swtpm' };
  expect(() => requireProgram('no-such-tpm', 'swtpm')).toThrowError(expect.objectContaining(missing));
});
