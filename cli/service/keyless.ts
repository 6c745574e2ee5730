/** sherin-fs as a program that copies without a key and tells what it does in JSON lines. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { errorOf, SherinError } from '../../common/errors.js';
import { sherinFs } from '../../daemon/client/sherin-fs-program.js';
import { failureSchema } from '../../daemon/protocol/rpc.js';

const lineSchema = z.union([
  z.strictObject({ progress: z.strictObject({ done: z.number(), total: z.number() }) }),
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ error: failureSchema }),
]);

/** @throws SherinError the one it tells; INTERRUPTED where it was stopped, IO where it ended without a word */
export async function runKeyless<R>(
  args: readonly string[],
  result: z.ZodType<R>,
  progress: (done: number, total: number) => void,
): Promise<R> {
  const child = spawn(process.execPath, [sherinFs(), ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  // Ctrl-C reaches it, too; what it has copied stays.
  const ignore = () => undefined;
  process.on('SIGINT', ignore);
  try {
    const ended = new Promise<string | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (_, signal) => resolve(signal));
    });
    let said: { readonly result: R } | { readonly error: Error } | null = null;
    for await (const text of createInterface({ input: child.stdout })) {
      const line = lineSchema.parse(JSON.parse(text));
      if ('progress' in line) progress(line.progress.done, line.progress.total);
      else said = 'error' in line ? { error: errorOf(line.error) } : { result: result.parse(line.result) };
    }
    const signal = await ended;
    if (said !== null && 'error' in said) throw said.error;
    if (said !== null) return said.result;
    if (signal !== null) throw new SherinError('INTERRUPTED', { what: 'what was copied so far stays' });
    throw new SherinError('IO', { what: 'sherin-fs', part: 'it ended without an answer' });
  } finally {
    process.off('SIGINT', ignore);
  }
}
