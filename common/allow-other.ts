import { SherinError } from './errors.js';

/** Whether sherind lets other users into the mount that it makes: `SHERIN_ALLOW_OTHER=1`. @throws SherinError USAGE */
export function allowsOthers(env: NodeJS.ProcessEnv = process.env): boolean {
  const { SHERIN_ALLOW_OTHER: text = '' } = env;
  if (['', '0', '1'].includes(text)) return text === '1';
  throw new SherinError('USAGE', { what: `SHERIN_ALLOW_OTHER is 1 or 0, not '${text.slice(0, 64)}'` });
}
