/** Errors in one line: what happened, to which file or ID, what to do next. Never a stack. */
import { writeSync } from 'node:fs';
import { ZodError } from 'zod';
import { SherinError } from '../../common/errors.js';
import type { ExitCode } from '../../common/exit.js';
import { unlockedMemory } from '../../common/key-memory.js';
import { localError, reason, systemReason } from '../../common/local-error.js';
import { escapeForTerminal, jsonText } from './escape.js';
import { asCalled } from './invocation.js';

function property(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null && name in error ? Reflect.get(error, name) : undefined;
}

/** Any error as one of the table. */
export function asSherinError(error: unknown): SherinError {
  if (error instanceof SherinError) return error;
  if (error instanceof ZodError) {
    const issue = error.issues[0];
    return new SherinError(
      'PROTOCOL',
      { part: `${issue?.path.join('.')}: ${issue?.message}` },
      { cause: error },
    );
  }
  if (property(error, 'syscall') === 'sendmsg') {
    return new SherinError('NOT_RUNNING', { path: 'it ended while it was asked' }, { cause: error });
  }
  const unlocked = unlockedMemory(error);
  if (unlocked !== null) return unlocked;
  const path = property(error, 'path');
  if (systemReason(error) !== undefined && typeof path === 'string') return localError(path, error);
  return new SherinError('IO', { what: 'sherinctl', part: reason(error) }, { cause: error });
}

/**
 * Prints to stderr: `sherinctl: <sentence> — <hint>`, or with --json `{"error":{code,message,hint}}`.
 * @param help the command whose help tells the usage
 */
export function printError(error: unknown, json: boolean, help = 'sherinctl help'): ExitCode {
  const known = asSherinError(error);
  const hint = asCalled(known.code === 'USAGE' ? `see: ${help}` : known.hint);
  const text = json
    ? jsonText({ error: { code: known.code, message: known.message, hint } })
    : escapeForTerminal(`sherinctl: ${known.message} — ${hint}`);
  writeSync(2, `${text}\n`);
  return known.exit;
}
