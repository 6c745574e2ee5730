/** Questions before what can not be undone. */
import { createInterface } from 'node:readline/promises';
import { SherinError } from '../../common/errors.js';

/**
 * Asks on the terminal; only the word yes goes on.
 * @throws SherinError USAGE where nobody can be asked, INTERRUPTED for any other answer
 */
export async function confirm(question: string): Promise<void> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) {
    throw new SherinError('USAGE', { what: 'there is no terminal to ask at; add --yes to go ahead' });
  }
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const stopped = new AbortController();
  terminal.on('SIGINT', () => stopped.abort());
  terminal.on('close', () => stopped.abort());
  try {
    const answer = await terminal.question(`${question} Type yes: `, { signal: stopped.signal });
    if (answer.trim().toLowerCase() === 'yes') return;
  } catch (error) {
    if (!stopped.signal.aborted) throw error;
    process.stderr.write('\n');
  } finally {
    terminal.close();
  }
  throw new SherinError('INTERRUPTED', { what: 'nothing was changed' });
}
