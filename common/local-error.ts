/** Errors of the system on paths of this machine, in words. */
import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { SherinError, systemCode } from './errors.js';

/** `permission denied` for EACCES; undefined for what is no system error. */
export function systemReason(error: unknown): string | undefined {
  const code = systemCode(error);
  if (code === undefined) return undefined;
  const number = Object.entries(constants.errno).find(([name]) => name === code)?.[1];
  const known = number === undefined ? undefined : getSystemErrorMap().get(-number);
  return known?.[1] ?? (/^E[A-Z0-9]+$/.test(code) ? code : undefined);
}

/** The reason alone, for lists of what failed. */
export function reason(error: unknown): string {
  return systemReason(error) ?? (error instanceof Error ? error.message : String(error));
}

/** A system error on a local path as an error of the table. */
export function localError(path: string, error: unknown): SherinError {
  if (error instanceof SherinError) return error;
  if (systemCode(error) === 'EEXIST') return new SherinError('PATH_EXISTS', { path }, { cause: error });
  return new SherinError('LOCAL_FILE', { path, part: reason(error) }, { cause: error });
}
