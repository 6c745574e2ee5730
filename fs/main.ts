#!/usr/bin/env node
/** sherin-fs: the only process that holds keys or plaintext. Started by sherinctl; see `sherin-fs --help`. */
import { Command, Option } from 'commander';
import { places } from '../common/environment.js';
import { SherinError } from '../common/errors.js';
import { version } from '../common/version.js';
import { auditCopy } from './commands/audit-copy.js';
import { auditProve } from './commands/audit-prove.js';
import { auditVerify } from './commands/audit-verify.js';
import { backup } from './commands/backup.js';
import { handBack } from './commands/hand-back.js';
import { init } from './commands/init.js';
import { policyFloor } from './commands/policy-floor.js';
import { publicKey } from './commands/public-key.js';
import { recoveryKey } from './commands/recovery-key.js';
import { restoreBackup } from './commands/restore-backup.js';
import { serve } from './commands/serve.js';
import { setNewerAside } from './commands/set-aside.js';
import { hardenProcess } from './service/session/key-memory.js';

/** An error as one line for people, and the documented exit code. */
function fail(error: unknown): never {
  if (error instanceof SherinError) {
    process.stderr.write(`sherin-fs: ${error.message} — ${error.hint}\n`);
    process.exit(error.exit);
  }
  process.stderr.write(
    `sherin-fs: an internal error: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exit(1);
}

/** Of a command at the terminal of sherinctl, which prints errors as its own. */
function failTo({ failureFd }: { readonly failureFd: number }): (error: unknown) => never {
  return (error) => process.exit(handBack(failureFd, error));
}

/** What sherinctl runs in the foreground. */
function atTerminal(command: Command): Command {
  return command.requiredOption('--failure-fd <n>', 'descriptor that gets the error, as JSON', Number);
}

function withPlaces(command: Command): Command {
  return command
    .option('--vault <dir>', 'vault directory')
    .option('--mount <dir>', 'mount point')
    .option('--runtime-dir <dir>', 'directory of the sockets');
}

const program = new Command('sherin-fs')
  .version(version)
  .description('Serves one encrypted vault')
  .exitOverride();

withPlaces(program.command('serve').description('serve the vault until stopped (used by sherinctl up)'))
  .addOption(
    new Option('--verify <unit>', 'what is verified before a byte is served')
      .choices(['vertex', 'cube'])
      .default('vertex'),
  )
  .option('--header-backup', 'open with vault.json.bak', false)
  .option('--auto-lock <time>', 'lock after so many minutes without use')
  .option('--lock-before-sleep', 'lock before the machine sleeps', false)
  .option(
    '--take-over <fd>',
    'take over from the sherin-fs at the other end (used by sherinctl upgrade)',
    Number,
  )
  .action(async (options) => serve(places(options), options).catch(fail));

atTerminal(withPlaces(program.command('init').description('make a vault (used by sherinctl init)')))
  .option('--yes', 'do not ask to acknowledge the recovery key', false)
  .option('--no-pin', 'seal without a PIN')
  .option('--pin-fd <n>', 'read the PIN from a descriptor', Number)
  .option('--recovery-out <file>', 'write the recovery key to a new 0600 file')
  .option('--pcrs <list>', 'PCRs to seal to, comma separated', '7')
  .addOption(
    new Option('--pad <mode>', 'padding of stored cubes').choices(['4k', 'vertex', 'cube']).default('4k'),
  )
  .option('--shared', 'IDs depend on the owner: for a mount shared between users', false)
  .action(async (options) => init(places(options), options).catch(failTo(options)));

atTerminal(program.command('recovery-key'))
  .description('make a recovery key (used by sherinctl key add recovery)')
  .requiredOption('--key-fd <n>', 'memory file that gets the key', Number)
  .option('--yes', 'do not ask to acknowledge the recovery key', false)
  .option('--recovery-out <file>', 'write the recovery key to a new 0600 file')
  .action(async (options) => recoveryKey(options).catch(failTo(options)));

atTerminal(withPlaces(program.command('policy-floor')))
  .description('change the floor (used by sherinctl policy floor)')
  .requiredOption('--recovery-fd <n>', 'read the recovery key from a descriptor', Number)
  .option('--confidence <n>', 'least threshold', Number)
  .option('--empathy <n>', 'least threshold', Number)
  .option('--safety <n>', 'least threshold', Number)
  .option('--rules <file>', 'access rules of the floor, as JSON')
  .option('--json', 'print one JSON object', false)
  .action(async (options) => policyFloor(places(options), options).catch(failTo(options)));

atTerminal(withPlaces(program.command('audit-verify')))
  .description('check the audit log with the public key alone')
  .option('--json', 'print one JSON object', false)
  .action(async (options) => auditVerify(places(options), options).catch(failTo(options)));

withPlaces(
  program
    .command('audit-copy')
    .description('copy segments of the audit log (used by sherinctl audit archive)'),
)
  .requiredOption('--to <dir>', 'directory of the archive')
  .requiredOption('--first <n>', 'first segment', Number)
  .requiredOption('--last <n>', 'last segment', Number)
  .action(async (options) => auditCopy(places(options), options).catch(fail));

withPlaces(
  program
    .command('audit-prove')
    .description('prove a record of the audit log that is kept elsewhere (used by sherinctl audit prove)'),
)
  .requiredOption('--archive <dir>', 'directory of the archive')
  .requiredOption('--seq <n>', 'number of the record', Number)
  .action(async (options) => auditProve(places(options), options).catch(fail));

withPlaces(
  program.command('public-key').description('print the public key that this machine remembers'),
).action(async (options) => publicKey(places(options)).catch(fail));

withPlaces(
  program
    .command('set-aside')
    .description('move away what says a later format version (used by sherinctl fsck --set-aside)'),
)
  .option('--file <path...>', 'segments below the vault; none: list them')
  .action(async (options) => setNewerAside(places(options), options).catch(fail));

withPlaces(program.command('backup').description('copy ciphertext to a backup (used by sherinctl backup)'))
  .requiredOption('--to <dir>', 'directory of the backup')
  .option('--served', 'sherin-fs serves the vault and has made a snapshot', false)
  .option('--recheck', 'check also what the backup has already', false)
  .option('--prune', 'remove cubes that no version needs', false)
  .action(async (options) => backup(places(options), options).catch(fail));

withPlaces(program.command('restore-backup').description('make a vault directory from a backup'))
  .requiredOption('--from <dir>', 'directory of the backup')
  .requiredOption('--to <dir>', 'the new vault directory')
  .action(async (options) => restoreBackup(places(options), options).catch(fail));

// Whatever this process or its software TPM makes is its user's alone, a forgotten mode included.
process.umask(0o077);
async function main(): Promise<void> {
  try {
    hardenProcess();
    await program.parseAsync();
  } catch (error) {
    const code = error instanceof Error && 'exitCode' in error ? Number(error.exitCode) : 1;
    if (error instanceof Error && 'exitCode' in error) process.exit(code === 0 ? 0 : 2);
    fail(error);
  }
}

void main();
