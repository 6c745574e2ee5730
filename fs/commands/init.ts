import { readdirSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Places } from '../../common/environment.js';
import { SherinError, systemCode } from '../../common/errors.js';
import { isUnfinished } from '../../common/unfinished-vault.js';
import { Secret, system } from '../../native/index.js';
import { type CreatedWhole, createWhole } from '../service/create.js';
import { requireKeyMemory } from '../service/session/key-memory.js';
import { pcrFault } from '../vault/fields.js';
import { acknowledge, RecoveryOut } from './recovery-out.js';

export interface InitOptions {
  readonly yes: boolean;
  /** False with `--no-pin`. */
  readonly pin: boolean;
  readonly pinFd?: number;
  readonly recoveryOut?: string;
  readonly pcrs: string;
  readonly pad: '4k' | 'vertex' | 'cube';
  readonly shared: boolean;
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const pinBytes = { least: 4, most: 512 };

/** Makes a vault: TPM slot, recovery slot, empty tree. The recovery key is shown or written once. */
export async function init(where: Places, options: InitOptions): Promise<void> {
  requireKeyMemory();
  const pcrs = parsePcrs(options.pcrs);
  refuseUsedPlace(where.vault);
  const out = RecoveryOut.open(options.recoveryOut);
  try {
    const pin = readPin(options);
    try {
      const { tpm, recovery } = await unlessInterrupted((signal) =>
        createWhole(where, {
          ...{ pin, pcrs, pad: options.pad, owned: options.shared, signal },
          out,
        }),
      );
      recovery.wipe();
      explain(where, tpm, pin !== null, pcrs, out.path);
    } finally {
      pin?.wipe();
    }
  } finally {
    out.close();
  }
  if (out.path === null && !options.yes) await acknowledge();
}

/** Ctrl-C and what else ends a program: what is half made goes again. */
async function unlessInterrupted<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const interruption = new AbortController();
  const interrupt = (): void =>
    interruption.abort(new SherinError('INTERRUPTED', { what: 'no vault was made' }));
  for (const signal of endings) process.on(signal, interrupt);
  try {
    return await work(interruption.signal);
  } finally {
    for (const signal of endings) process.off(signal, interrupt);
  }
}

/** Said before anything is asked, typed or made; whoever makes the vault checks again under its lock. @throws SherinError VAULT_EXISTS */
function refuseUsedPlace(vault: string): void {
  let names: string[];
  try {
    names = readdirSync(vault);
  } catch (error) {
    // Not there yet is right; what else is wrong with it is told where it is made.
    if (systemCode(error) !== 'ENOTDIR') return;
    throw new SherinError('VAULT_EXISTS', { path: vault });
  }
  if (names.length > 0 && !isUnfinished(vault)) throw new SherinError('VAULT_EXISTS', { path: vault });
}

function parsePcrs(list: string): readonly number[] {
  const pcrs = [...new Set(list.split(',').map(Number))].sort((a, b) => a - b);
  const fault = pcrFault(pcrs);
  if (fault !== null) throw new SherinError('USAGE', { what: `--pcrs ${list}: ${fault}` });
  return pcrs;
}

function readPin(options: InitOptions): Secret | null {
  if (!options.pin) return null;
  if (options.pinFd !== undefined) return checked(Secret.readFd(options.pinFd, pinBytes.most));
  if (!isatty(0)) {
    throw new SherinError('USAGE', {
      what: 'a PIN is wanted: run init in a terminal, or add --pin-fd N or --no-pin',
    });
  }
  writeSync(2, 'PIN for the TPM (4 or more characters): ');
  const pin = checked(system.readSecretLine(0, pinBytes.most));
  writeSync(2, '\nthe same again: ');
  const again = system.readSecretLine(0, pinBytes.most);
  writeSync(2, '\n');
  const equal = Secret.equal(pin, again);
  again.wipe();
  if (equal) return pin;
  pin.wipe();
  throw new SherinError('USAGE', { what: 'the two PINs differ' });
}

function checked(pin: Secret): Secret {
  if (pin.length >= pinBytes.least) return pin;
  pin.wipe();
  throw new SherinError('USAGE', { what: `a PIN has at least ${pinBytes.least} characters` });
}

function explain(
  where: Places,
  tpm: CreatedWhole['tpm'],
  pin: boolean,
  pcrs: readonly number[],
  recoveryPath: string | null,
): void {
  const lines = [`vault: ${where.vault}`, `tpm: ${tpm.text}`];
  if (tpm.kind === 'software') {
    lines.push(
      pin
        ? `  Whoever copies the vault and ${where.tpmState} still needs the PIN.`
        : `  No PIN: whoever can read the vault and ${where.tpmState} can open it. A copy of the vault alone opens nothing.`,
    );
  } else if (!pin) {
    lines.push(`  PCR ${pcrs.join(', ')} and no PIN: this protects a removed disk, not a stolen machine.`);
  }
  lines.push(
    recoveryPath === null
      ? 'recovery key: the line above, and the same as a QR code. It opens the vault when the TPM does not. It is not stored and not shown again.'
      : `recovery key: ${recoveryPath} (0600). Move it off this machine: it opens the vault without the TPM.`,
  );
  process.stderr.write(`${lines.join('\n')}\n`);
}
