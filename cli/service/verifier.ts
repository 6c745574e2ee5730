/** sherin-verify, with the public key that this machine remembers of the vault, or another one. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SherinError } from '../../common/errors.js';
import type { ExitCode } from '../../common/exit.js';
import { projectRoot } from '../../common/project.js';
import { placeFlags } from '../../daemon/client/sherin-fs-program.js';
import type { Session } from '../session.js';
import { exitOf } from './exit-of.js';
import { runKeyless } from './keyless.js';

/** Runs it on this terminal; it prints its own errors. */
export async function runVerifier(
  session: Session,
  args: readonly string[],
  keyFile?: string,
): Promise<ExitCode> {
  const program = join(projectRoot, 'dist/sherin-verify.mjs');
  if (!existsSync(program))
    throw new SherinError('TOOL_MISSING', { tool: program, package: 'sherin (npm run build)' });
  const key = keyFile === undefined ? ['--public-key', await publicKeyLine(session)] : ['--key', keyFile];
  const json = session.output.json ? ['--json'] : [];
  const child = spawn(process.execPath, [program, ...args, ...key, ...json], { stdio: 'inherit' });
  return exitOf(child);
}

/** As `known_vaults` has it: never from the vault itself. @throws SherinError VAULT_UNKNOWN, VAULT_MISSING, KNOWN_VAULTS */
export async function publicKeyLine(session: Session): Promise<string> {
  const args = ['public-key', ...placeFlags(session.places)];
  const { line } = await runKeyless(args, z.strictObject({ line: z.string() }), () => undefined);
  return line.trimEnd();
}
