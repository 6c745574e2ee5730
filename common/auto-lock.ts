/** After how long without use a vault locks itself: what a flag says, and what the environment says at least. */
import { SherinError } from './errors.js';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };
/** Seconds: one, to a week. */
export const autoLockBounds = { least: 1, most: 7 * 24 * 3600 } as const;

/** `15` (minutes), `90s`, `15m` or `2h` in seconds. @throws SherinError USAGE */
export function parseAutoLock(text: string, name = '--auto-lock'): number {
  const [, count, unit = 'm'] = /^(\d{1,6})([smh]?)$/.exec(text) ?? [];
  const seconds = Number(count ?? Number.NaN) * (secondsOf[unit || 'm'] ?? Number.NaN);
  if (seconds >= autoLockBounds.least && seconds <= autoLockBounds.most) return seconds;
  throw new SherinError('USAGE', {
    what: `${name} takes minutes, or a time such as 90s, 15m or 2h, up to a week, not '${text.slice(0, 64)}'`,
  });
}

/** Whether the vault is to be locked before the machine sleeps: a flag or `SHERIN_LOCK_BEFORE_SLEEP=1` wants it. @throws SherinError USAGE */
export function locksBeforeSleep(flag: boolean, env: NodeJS.ProcessEnv = process.env): boolean {
  const { SHERIN_LOCK_BEFORE_SLEEP: text = '' } = env;
  if (!['', '0', '1'].includes(text))
    throw new SherinError('USAGE', {
      what: `SHERIN_LOCK_BEFORE_SLEEP is 1 or 0, not '${text.slice(0, 64)}'`,
    });
  return flag || text === '1';
}

/**
 * Seconds, or null where nobody wants it. The environment is whoever's who runs the service: a flag can only shorten what it says.
 * @throws SherinError USAGE for what is malformed, as a vault that is thought to lock itself must not stay open
 */
export function autoLockOf(flag: string | undefined, env: NodeJS.ProcessEnv = process.env): number | null {
  const { SHERIN_AUTO_LOCK: least } = env;
  const wanted = [
    ...(flag === undefined ? [] : [parseAutoLock(flag)]),
    ...(least === undefined || least === '' ? [] : [parseAutoLock(least, 'SHERIN_AUTO_LOCK')]),
  ];
  return wanted.length === 0 ? null : Math.min(...wanted);
}
