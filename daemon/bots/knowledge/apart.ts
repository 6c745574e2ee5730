/**
 * Answers in a process of its own for each question. SQLite can't be interrupted from JavaScript, and a crafted collection
 * may keep it busy or crash it: then that process ends, not the bot, and nothing of a question is left for the next.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Answered, type Asked, answerErrors } from './answer.js';

/** Milliseconds for one question; sherind gives the task a little more. */
export const patience = 25_000;
/** Bytes of an answer: ten passages and some. */
const longest = 1_000_000;

export type Apart = Answered | { readonly error: 'took-too-long' | 'search-failed' };

/** @param program the file that runs `answer` with what it reads on stdin */
export function answerApart(
  asked: Asked,
  program = fileURLToPath(import.meta.url),
  wait = patience,
): Promise<Apart> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, searchWord], { stdio: ['pipe', 'pipe', 'ignore'] });
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill('SIGKILL');
    }, wait);
    const parts: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size > longest) child.kill('SIGKILL');
      else parts.push(part);
    });
    // It may have ended before it had read all.
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(asked));
    child.once('error', () => resolve({ error: 'search-failed' }));
    child.once('close', (code) => {
      clearTimeout(timer);
      if (late) resolve({ error: 'took-too-long' });
      else resolve(code === 0 ? answered(Buffer.concat(parts).toString()) : { error: 'search-failed' });
    });
  });
}

/** What a process has said that had a stranger's file in its hands. */
function answered(said: string): Apart {
  try {
    const { content, error } = JSON.parse(said) as Readonly<Record<string, unknown>>;
    if (typeof content === 'string') return { content };
    const known = answerErrors.find((name) => name === error);
    if (known !== undefined) return { error: known };
  } catch {
    // no JSON
  }
  return { error: 'search-failed' };
}

/** The argument that makes the program answer one question and end. */
export const searchWord = 'search';
