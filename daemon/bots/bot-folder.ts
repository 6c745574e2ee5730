/** What a bot's folder holds besides its manifest and its program: whoever could change any of it could have the bot run something else. */
import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { join, sep } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';

/** Files, folders and links of one bot. Each is looked at when the bot is registered and whenever it is started. */
export const mostEntries = 10_000;

/** What the sandbox shows of the machine under the name that it has outside. */
const shared = `${sep}usr${sep}`;

/** @param folder without links @throws SherinError BOT_UNSAFE, BOT_MANIFEST */
export function checkContents(folder: string): void {
  const { dev } = lstatSync(folder);
  const folders = [folder];
  let entries = 0;
  for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
    for (const name of names(at)) {
      const path = join(at, name);
      entries += 1;
      if (entries > mostEntries) throw malformed(folder, `there are more than ${mostEntries} entries in it`);
      const facts = factsOf(path);
      if (facts.dev !== dev) throw unsafe(path, 'another file system is mounted there');
      if (facts.isSymbolicLink()) checkLink(folder, path);
      else refuseOthers(path, facts);
      if (facts.isDirectory()) folders.push(path);
      // A socket leads out of every sandbox, to who listens there.
      else if (!facts.isFile() && !facts.isSymbolicLink())
        throw unsafe(path, 'it is neither a file nor a folder');
    }
  }
}

/** What others can change would run in the name of this bot. @throws SherinError BOT_UNSAFE */
export function refuseOthers(path: string, { uid, mode }: Pick<Stats, 'uid' | 'mode'>): void {
  if (uid !== 0 && uid !== process.getuid?.()) throw unsafe(path, `it belongs to uid ${uid}`);
  if ((mode & 0o022) !== 0) throw unsafe(path, 'others may write to it');
}

/** Not out of the folder, but for what every sandbox has: a Python environment has links to the interpreter. */
function checkLink(folder: string, path: string): void {
  const real = act(path, () => realpathSync(path));
  if (real !== folder && !real.startsWith(folder + sep) && !real.startsWith(shared))
    throw unsafe(path, 'it leads out of the bot’s folder');
}

function names(folder: string): readonly string[] {
  return act(folder, () => readdirSync(folder));
}

function factsOf(path: string): Stats {
  return act(path, () => lstatSync(path));
}

function act<T>(path: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw malformed(path, code);
  }
}

function malformed(path: string, part: string): SherinError {
  return new SherinError('BOT_MANIFEST', { path, part });
}

export function unsafe(path: string, part: string): SherinError {
  return new SherinError('BOT_UNSAFE', { path, part });
}
