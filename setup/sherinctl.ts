/** sherinctl as a child process: start uses the product as a person does. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { statusSchema } from '../daemon/protocol/control.js';

const program = fileURLToPath(new URL('../cli/main.js', import.meta.url));

/** A command ended with this exit code, after printing its error. */
export class CommandFailed extends Error {
  readonly status: number;

  constructor(line: readonly string[], status: number) {
    super(`sherinctl ${line.join(' ')} ended with ${status}`);
    this.status = status;
  }
}

/**
 * Runs a command; resolves to its standard output. With `terminal` it may ask questions there, else what it says on stderr is
 * shown only when it fails.
 */
export function sherinctl(line: readonly string[], stdio: 'quiet' | 'terminal' = 'quiet'): Promise<string> {
  const child = spawn(process.execPath, [program, ...line], {
    stdio: stdio === 'quiet' ? ['ignore', 'pipe', 'pipe'] : ['inherit', 'pipe', 'inherit'],
  });
  const printed: Buffer[] = [];
  const said: Buffer[] = [];
  child.stdout?.on('data', (data: Buffer) => printed.push(data));
  child.stderr?.on('data', (data: Buffer) => said.push(data));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // `exit` would come before the last output, `close` only when a daemon that it left lets go: up hands none of ours on.
    child.on('close', (status) => {
      if (status === 0) return resolve(Buffer.concat(printed).toString());
      process.stderr.write(Buffer.concat(said));
      reject(new CommandFailed(line, status ?? 1));
    });
  });
}

export interface Facts {
  readonly tpm: string;
  readonly software: boolean;
  readonly mount: string;
}

/** Of what `status --json` tells, the parts shown. */
const shown = z.object({ tpm: statusSchema.shape.tpm, mount: statusSchema.shape.mount });

export async function statusOf(): Promise<Facts> {
  const { tpm, mount } = shown.parse(JSON.parse(await sherinctl(['status', '--json'])));
  return { tpm: tpm.text, software: tpm.kind === 'software', mount: mount?.path ?? '(not mounted)' };
}
