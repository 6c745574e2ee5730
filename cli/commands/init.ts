import { resolve } from 'node:path';
import { Exit } from '../../common/exit.js';
import { choice, command, descriptor, flag, text } from '../definition.js';
import { pcrList, refuseIdlePin, sealOptions } from '../service/key-slots.js';
import { runSherinFs } from '../service/sherin-fs.js';

export const init = command({
  name: 'init',
  summary: 'Make a vault: keys, TPM slot and recovery key',
  details: [
    'The recovery key is shown once and must be acknowledged. It opens the vault when the TPM no longer does; whoever has it and the vault has everything.',
    'One that is interrupted leaves nothing behind; after one that was killed the same command begins anew.',
    'Without /dev/tpmrm0 (or SHERIN_TCTI) a software TPM is made, which protects against copies of the vault directory only.',
  ],
  args: [{ form: '[dir]', text: 'directory of the vault; default: --vault', completes: 'directory' }],
  options: {
    yes: flag('--yes', 'do not ask; takes the recovery key as seen'),
    pin: sealOptions.pin,
    noPin: sealOptions.noPin,
    pinFd: descriptor('--pin-fd <n>', 'read the PIN from descriptor n'),
    recoveryOut: text(
      '--recovery-out <file>',
      'write the recovery key to this new file (0600) instead',
      'file',
    ),
    pcrs: text('--pcrs <list>', 'PCRs to seal to, such as 7 or 4,7', 'nothing'),
    pad: choice('--pad <size>', 'round stored sizes up to 4k, vertex (64 KiB) or cube (1 MiB)', [
      '4k',
      'vertex',
      'cube',
    ]),
    shared: flag('--shared', "users share the mount: IDs depend on the file's owner"),
  },
  examples: [
    { text: 'A vault at the default place', line: 'sherinctl init' },
    {
      text: 'From a script',
      line: 'sherinctl init /srv/vault --yes --no-pin --recovery-out /media/usb/vault.recovery',
    },
  ],
  run: async (session, [dir], options) => {
    // Said before anything is asked.
    pcrList(options.pcrs);
    refuseIdlePin(options.pin, options.pinFd);
    const vault = dir === undefined ? session.places.vault : resolve(dir);
    const flags: string[] = ['--vault', vault];
    if (options.yes) flags.push('--yes');
    if (options.pin === false) flags.push('--no-pin');
    if (options.pinFd !== undefined) flags.push('--pin-fd', String(options.pinFd));
    if (options.recoveryOut !== undefined) flags.push('--recovery-out', resolve(options.recoveryOut));
    if (options.pcrs !== undefined) flags.push('--pcrs', options.pcrs);
    if (options.pad !== undefined) flags.push('--pad', options.pad);
    if (options.shared) flags.push('--shared');
    const exit = await runSherinFs(['init', ...flags], options.pinFd);
    if (exit === Exit.done && session.output.json) {
      session.output.record({
        vault,
        recovery: options.recoveryOut === undefined ? null : resolve(options.recoveryOut),
      });
    }
    return exit;
  },
});
