/** Programs run to their end, out of reach of the terminal's Ctrl-C. */
import { spawn } from 'node:child_process';
import { SherinError } from '../../common/errors.js';

/** @throws SherinError IO, telling what the program said, when it fails */
export function run(
  what: string,
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<void> {
  const child = spawn(program, args, { env, detached: true, stdio: ['ignore', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (data: Buffer) => said.push(data));
  return new Promise<void>((resolve, reject) => {
    const failed = (part: string): void => reject(new SherinError('IO', { what, part }));
    child.on('error', (error) => failed(error.message));
    child.on('close', (status, signal) => {
      if (status === 0) resolve();
      else failed(Buffer.concat(said).toString().trim() || `it ended with ${signal ?? status}`);
    });
  });
}
