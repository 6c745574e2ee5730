/** sherin-fs as a program that copies without a key and tells what it does in JSON lines. */
import { spawn } from 'node:child_process';
import { z } from 'zod';
import { errorOf, SherinError } from '../../common/errors.js';
import { type Line, LineSplitter } from '../../common/line-splitter.js';
import { sherinFs } from '../../daemon/client/sherin-fs-program.js';
import { failureSchema } from '../../daemon/protocol/rpc.js';

const lineSchema = z.union([
  z.strictObject({ progress: z.strictObject({ done: z.number(), total: z.number() }) }),
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ error: failureSchema }),
]);

/** Bytes of the longest line: a result can be a list. */
const longestLine = 4 * 1024 * 1024;

/** @throws SherinError the one it tells; INTERRUPTED where it was stopped, IO where it ended without a word, PROTOCOL where what it says is not understood */
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
    const lines = new LineSplitter(longestLine);
    for await (const chunk of child.stdout) {
      lines.push(chunk);
      for (let text = lines.next(); text !== null; text = lines.next()) {
        const line = read(text, result);
        if ('progress' in line) progress(line.progress.done, line.progress.total);
        else said = line;
      }
    }
    const signal = await ended;
    if (said !== null && 'error' in said) throw said.error;
    if (said !== null) return said.result;
    if (signal !== null) throw new SherinError('INTERRUPTED', { what: 'what was copied so far stays' });
    if (lines.unfinished) throw new SherinError('PROTOCOL', { part: 'half a line' });
    throw new SherinError('IO', { what: 'sherin-fs', part: 'it ended without an answer' });
  } finally {
    process.off('SIGINT', ignore);
  }
}

type Said<R> =
  | { readonly progress: { readonly done: number; readonly total: number } }
  | { readonly result: R }
  | { readonly error: Error };

/** @throws SherinError PROTOCOL */
function read<R>(text: Line, result: z.ZodType<R>): Said<R> {
  if (text === 'too-long') throw new SherinError('PROTOCOL', { part: 'a line that is too long' });
  try {
    const line = lineSchema.parse(JSON.parse(text.toString('utf8')));
    if ('progress' in line) return line;
    return 'error' in line ? { error: errorOf(line.error) } : { result: result.parse(line.result) };
  } catch (error) {
    throw new SherinError('PROTOCOL', { part: 'a line that is none of its' }, { cause: error });
  }
}
