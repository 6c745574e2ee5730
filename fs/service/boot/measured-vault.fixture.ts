/** A vault behind a service whose software TPM is measured into as the firmware of a recorded boot did it. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { places } from '../../../common/environment.js';
import { SherinError } from '../../../common/errors.js';
import { makeLogger } from '../../../common/log.js';
import { Secret } from '../../../native/index.js';
import { formatRecoveryKey } from '../../../test/reference/recovery-key.js';
import { eventsOf } from '../../event-log/compare.js';
import { type BootName, bootEvents, fixture } from '../../event-log/fixtures.fixture.js';
import type { LockedVault } from '../../vault/locked-vault.js';
import { openLocked } from '../../vault/open.js';
import { createWhole } from '../create.js';
import { peer } from '../service.fixture.js';
import { VaultService } from '../service.js';

export class MeasuredVault {
  readonly home: string;
  readonly vault: string;
  /** In the place of the kernel's. */
  readonly eventLog: string;
  readonly locked: LockedVault;
  readonly service: VaultService;
  readonly #recovery = formatRecoveryKey(randomBytes(32));

  private constructor(home: string, locked: LockedVault) {
    this.home = home;
    this.vault = locked.path;
    this.eventLog = eventLogIn(home);
    this.locked = locked;
    const silent = makeLogger('test', { SHERIN_LOG: 'silent' });
    this.service = new VaultService(locked, silent, { wholeCube: false });
  }

  /** Sealed to PCR 7 before anything was measured, and without an event log. */
  static async create(): Promise<MeasuredVault> {
    const home = mkdtempSync(join(tmpdir(), 'sherin-boot-'));
    const where = places(
      {},
      {
        SHERIN_VAULT: join(home, 'vault'),
        SHERIN_MOUNT: join(home, 'mnt'),
        SHERIN_RUNTIME_DIR: join(home, 'run'),
        SHERIN_TPM_STATE: join(home, 'tpm'),
        SHERIN_KNOWN_VAULTS: join(home, 'known/known_vaults'),
      },
    );
    (await createWhole(where, { pin: null, pcrs: [7], pad: '4k', owned: false })).recovery.wipe();
    const made = new MeasuredVault(
      home,
      await openLocked(where.vault, { ...where, eventLog: eventLogIn(home) }),
    );
    await made.service.unlock({ slot: 'tpm', pin: null }, peer);
    await made.service.keys.addRecovery(made.#recoveryKey(), peer);
    return made;
  }

  /** Locks, starts the TPM anew, measures what that boot measured into PCR 7, and shows its log. */
  async boot(name: BootName): Promise<void> {
    await this.service.lock(null);
    const { source } = this.locked.tpm.session();
    await source.stop();
    // one client at a time: nobody is connected when it is extended
    await (await source.connect()).close();
    writeFileSync(this.eventLog, fixture(`${name}.log`));
    this.extend(
      eventsOf(bootEvents(name), 7).map(({ digests }) => digests.get('sha256')?.toString('hex') ?? ''),
    );
  }

  /** Extends PCR 7; after a boot, before anybody else has asked the TPM. */
  extend(digests: readonly string[]): void {
    const socket = readdirSync(join(this.home, 'run')).find((name) => name.startsWith('tpm-')) ?? '';
    const place = `swtpm:path=${join(this.home, 'run', socket, 's')}`;
    execFileSync('tpm2_pcrextend', ['-T', place, ...digests.map((digest) => `7:sha256=${digest}`)], {
      timeout: 20_000,
    });
  }

  /** What the TPM has to say where it does not open the vault; nothing where it does. */
  async reasons(): Promise<readonly string[]> {
    try {
      await this.service.unlock({ slot: 'tpm', pin: null }, peer);
      return [];
    } catch (error) {
      if (!(error instanceof SherinError)) throw error;
      return this.service.tpm.reasons(error);
    }
  }

  async recover(): Promise<void> {
    await this.service.unlock({ slot: 'recovery', text: this.#recoveryKey(), acceptRollback: false }, peer);
  }

  /** A slot that is sealed to what was measured takes the place of the one before. @returns its ID */
  async reseal(): Promise<number> {
    const { keys } = this.service;
    const before = keys.list().slots.find(({ type }) => type === 'tpm2');
    return (await keys.reseal(before?.id ?? 0, null, peer)).slot;
  }

  async remove(): Promise<void> {
    await this.service.stop(null);
    rmSync(this.home, { recursive: true, force: true });
  }

  #recoveryKey(): Secret {
    return Secret.take(Buffer.from(this.#recovery));
  }
}

function eventLogIn(home: string): string {
  return join(home, 'event-log');
}
