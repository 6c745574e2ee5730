/** What somebody with the owner hierarchy of the TPM may do to a vault's rollback counter, with tpm2-tools, while the vault is closed. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { places } from '../../common/environment.js';
import { parseCubeId } from '../../common/ids.js';
import { makeLogger } from '../../common/log.js';
import { peer } from '../../fs/check/fsck.fixture.js';
import { createWhole } from '../../fs/service/create.js';
import { VaultService } from '../../fs/service/service.js';
import type { Opening } from '../../fs/service/session/open-session.js';
import type { Session } from '../../fs/service/session/session.js';
import type { Header } from '../../fs/vault/header.js';
import { openLocked } from '../../fs/vault/open.js';
import { Secret } from '../../native/index.js';
import { rejection, Swtpm } from '../../native/tpm/swtpm.fixture.js';
import { parseHeader } from '../reference/header.js';
import { asObject } from '../reference/json.js';
import { subkey } from '../reference/keys.js';
import { parseRecoveryKey } from '../reference/recovery-key.js';
import { openRecoverySlot } from '../reference/slots.js';

const withTpm: Opening = { slot: 'tpm', pin: null };
/** TPMA_NV of the vault's counter, as tpm2-tools write it. */
const ofTheCounter = 'authread|authwrite|no_da|nt=counter';

let home: string;
let swtpm: Swtpm;
let service: VaultService;
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'sherin-counter-'));
  swtpm = await Swtpm.start();
  const where = places(
    {},
    {
      ...{ SHERIN_VAULT: join(home, 'vault'), SHERIN_RUNTIME_DIR: join(home, 'run') },
      ...{ SHERIN_KNOWN_VAULTS: join(home, 'known/known_vaults'), SHERIN_TCTI: swtpm.tcti },
    },
  );
  const { recovery } = await createWhole(where, { pin: null, pcrs: [7], pad: '4k', owned: false });
  const fd = openSync(join(home, 'recovery'), 'wx', 0o600);
  Secret.writeRecoveryKey(recovery, fd);
  closeSync(fd);
  recovery.wipe();
  const log = makeLogger('test', { SHERIN_LOG: 'silent' });
  service = new VaultService(await openLocked(where.vault, where), log, { wholeCube: false });
  await service.lock(null);
});
afterAll(async () => {
  await service.stop(null);
  await swtpm.remove();
  rmSync(home, { recursive: true, force: true });
});

/** Opens the vault, does something in it and locks it; nobody is connected to its TPM then. */
async function opened<T>(how: Opening, work: (session: Session) => T | Promise<T>): Promise<T> {
  try {
    await service.unlock(how, peer);
    return await work(await service.unlocked());
  } finally {
    await service.lock(null);
    await swtpm.kill();
    await swtpm.start();
  }
}

const recoveryText = (): string => readFileSync(join(home, 'recovery'), 'latin1').trim();
const accepting = (): Opening => ({
  slot: 'recovery',
  text: Secret.take(Buffer.from(recoveryText())),
  acceptRollback: true,
});
const header = (): Header => JSON.parse(readFileSync(join(home, 'vault/vault.json'), 'utf8')) as Header;
const handle = (): string => `0x${(header().counter?.handle ?? 0).toString(16)}`;

/** K_nv, as who has read sherin-fs's memory may know it. */
function counterKey(): string {
  const { uuid, slots } = parseHeader(readFileSync(join(home, 'vault/vault.json')));
  const slot = asObject(
    slots.find(({ type }) => type === 'recovery'),
    'slot',
  );
  const vmk = openRecoverySlot(uuid, slot, parseRecoveryKey(recoveryText()));
  const key = Buffer.from(subkey({ vmk, uuid }, 'nv')).toString('hex');
  return `hex:${key.replace(/(00)+$/, '')}`;
}

/** Runs a program of tpm2-tools. */
function tpm2(name: string, ...args: string[]): Buffer {
  return execFileSync(`tpm2_${name}`, args, {
    env: { ...process.env, TPM2TOOLS_TCTI: swtpm.tcti },
    stdio: 'pipe',
  });
}

/** The counter with the vault's own key: what counts in the end. */
function counts(auth = counterKey()): bigint {
  return tpm2('nvread', handle(), '-C', handle(), '-P', auth, '-s', '8').readBigUInt64BE();
}

/** The vault's index made anew at its handle. */
function redefine(attributes: string, auth: string): void {
  tpm2('nvundefine', handle(), '-C', 'o');
  tpm2('nvdefine', handle(), '-C', 'o', '-s', '8', '-a', attributes, '-p', auth);
}

/** The count of the newest head after a session that has changed something. */
let head: bigint;
beforeEach(async () => {
  await opened(withTpm, (session) =>
    session.commit(() => [{ type: 'heal', cube: parseCubeId('a'.repeat(52)) }]),
  );
  head = counts();
});

describe("the vault's NV index", () => {
  /** Refused, and the owner gets the vault back, under a new counter, on purpose only. */
  async function expectRefused(code: string, sentence: string): Promise<void> {
    const error = await rejection(opened(withTpm, () => undefined));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(sentence);
    const before = header().generation;
    await opened(accepting(), ({ manifest }) => {
      expect(manifest.head.nv).toBeGreaterThan(head);
      expect(manifest.head.headerGeneration).toBe(before + 1);
    });
  }

  it('deleted', async () => {
    tpm2('nvundefine', handle(), '-C', 'o');
    await expectRefused('COUNTER_LOST', `the TPM has no such counter, the newest head is of count ${head}`);
  });

  it('made anew as an ordinary index that holds the right number', async () => {
    redefine('authread|authwrite|no_da', counterKey());
    const number = Buffer.alloc(8);
    number.writeBigUInt64BE(head);
    execFileSync('tpm2_nvwrite', [handle(), '-C', handle(), '-P', counterKey(), '-i', '-'], {
      env: { ...process.env, TPM2TOOLS_TCTI: swtpm.tcti },
      input: number,
    });
    expect(counts()).toBe(head);
    await expectRefused(
      'COUNTER_LOST',
      `another NV index is in the place of the counter, the newest head is of count ${head}`,
    );
  });

  it('made anew as a counter that others may read', async () => {
    redefine(`${ofTheCounter}|ownerread`, counterKey());
    tpm2('nvincrement', handle(), '-C', handle(), '-P', counterKey());
    await expectRefused(
      'COUNTER_LOST',
      `another NV index is in the place of the counter, the newest head is of count ${head}`,
    );
  });

  it('made anew as a counter of the same Name with an authValue of somebody else', async () => {
    redefine(ofTheCounter, 'str:mine');
    tpm2('nvincrement', handle(), '-C', handle(), '-P', 'str:mine');
    expect(counts('str:mine')).toBeGreaterThan(head);
    await expectRefused(
      'COUNTER_LOST',
      `the counter in the TPM does not open with the vault's key, the newest head is of count ${head}`,
    );
  });

  it('made anew with the same Name and K_nv: the TPM gives it no value that it has passed', async () => {
    redefine(ofTheCounter, counterKey());
    const unwritten = await rejection(opened(withTpm, () => undefined));
    expect(unwritten).toMatchObject({ code: 'COUNTER_LOST' });
    tpm2('nvincrement', handle(), '-C', handle(), '-P', counterKey());
    const now = counts();
    expect(now).toBeGreaterThan(head);
    await expectRefused('ROLLBACK', `the newest head is of count ${head}, the TPM counts ${now}`);
  });
});

describe('an increment by somebody else', () => {
  it('is refused by the TPM without K_nv, by the owner too, and the vault opens as before', async () => {
    for (const [hierarchy, auth, refusal] of [
      [handle(), '', '9a2'],
      [handle(), 'str:guess', '9a2'],
      ['o', '', '149'],
    ] as const) {
      const { status, stderr } = spawnSync('tpm2_nvincrement', [handle(), '-C', hierarchy, '-P', auth], {
        ...{ env: { ...process.env, TPM2TOOLS_TCTI: swtpm.tcti, TSS2_LOG: 'all+warning' }, encoding: 'utf8' },
      });
      expect(status).not.toBe(0);
      expect(stderr).toContain(refusal);
    }
    expect(counts()).toBe(head);
    await opened(withTpm, ({ manifest }) => expect(manifest.head.nv).toBe(head));
  });

  it('with K_nv shuts the vault, which says by how much; it can not open an older one', async () => {
    tpm2('nvincrement', handle(), '-C', handle(), '-P', counterKey());
    const error = await rejection(opened(withTpm, () => undefined));
    expect(error).toMatchObject({ code: 'ROLLBACK' });
    expect(error.message).toContain(`the newest head is of count ${head}, the TPM counts ${head + 1n}`);
    await opened(accepting(), () => undefined);
  });
});
