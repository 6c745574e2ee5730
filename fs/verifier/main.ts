#!/usr/bin/env node
/**
 * sherin-verify: checks what a vault signs, with its public key alone. One file that needs Node and nothing else: no addon, no key, no
 * TPM, no vault, unless that is what is to be checked. `sherin-verify --help` tells the rest.
 */
import { parseArgs } from 'node:util';
import { SherinError } from '../../common/errors.js';
import { Exit } from '../../common/exit.js';
import { reason } from '../../common/local-error.js';
import { verifyAuditLog } from './audit-log.js';
import { verifyCubes } from './cubes.js';
import { readVaultKey, type Told } from './input.js';
import { verifyExport } from './manifest-export.js';
import { verifyProof } from './proof.js';

const help = `usage: sherin-verify COMMAND ARGUMENT --key FILE [--json]

  audit DIR            the audit log in DIR (audit/ of a vault or a backup): chain, every signed head
    --anchors FILE       and that it contains every head in FILE
    --archive DIR        together with the segments in DIR, where sherinctl audit archive has put them
  verify-proof FILE    a proof or a signed head, as sherinctl audit prove and user.sherin.proof give it
    --file FILE          and that this is the content that it is about
  manifest FILE        an export of the manifest, as sherinctl manifest export gives it
  cubes DIR            every cube in DIR (cubes/ of a vault or a backup): shape, ciphertext, signature

FILE may be - for the standard input. The key is one line, from sherinctl manifest public-key; --public-key LINE
gives it in place of --key FILE. Exit codes: 0 verified, 1 failed, 2 usage, 3 not verified.
`;

const options = {
  key: { type: 'string' },
  'public-key': { type: 'string' },
  anchors: { type: 'string' },
  archive: { type: 'string' },
  file: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

async function run(): Promise<void> {
  const { values, positionals } = readArguments();
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const [command, argument, ...more] = positionals;
  if (command === undefined || argument === undefined || more.length > 0)
    throw usage('it takes a command and one argument');
  const key = await readVaultKey(values.key, values['public-key']);
  const told = await verify(command, argument);
  process.stdout.write(values.json ? `${JSON.stringify(told.value)}\n` : `${told.lines.join('\n')}\n`);

  function verify(name: string, what: string): Promise<Told> {
    switch (name) {
      case 'audit':
        return verifyAuditLog(what, key, { anchorFile: values.anchors, archive: values.archive });
      case 'verify-proof':
        return verifyProof(what, key, values.file);
      case 'manifest':
        return verifyExport(what, key);
      case 'cubes':
        return verifyCubes(what, key);
      default:
        throw usage(`it has no command '${name}'`);
    }
  }
}

function readArguments() {
  try {
    return parseArgs({ options, allowPositionals: true });
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
}

function usage(what: string): SherinError {
  return new SherinError('USAGE', { what });
}

run().catch((error: unknown) => {
  const known =
    error instanceof SherinError
      ? error
      : new SherinError('LOCAL_FILE', { path: 'reading failed', part: reason(error) });
  const { code, message } = known;
  const hint = code === 'USAGE' ? 'see: sherin-verify --help' : known.hint;
  process.stderr.write(
    process.argv.includes('--json')
      ? `${JSON.stringify({ error: { code, message, hint } })}\n`
      : `sherin-verify: ${message} — ${hint}\n`,
  );
  process.exitCode = error instanceof SherinError ? error.exit : Exit.failed;
});
