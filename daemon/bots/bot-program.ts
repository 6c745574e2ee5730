import { closeSync, constants, fstatSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { SherinError, systemCode } from '../../common/errors.js';
import { projectRoot } from '../../common/project.js';
import { checkContents, refuseOthers, unsafe } from './bot-folder.js';
import { type BotManifest, botManifestSchema } from './manifest.js';

/** Bytes of the longest bot.json. */
export const manifestLimit = 16_384;

/** A bot as it lies on the disk, checked. */
export interface BotProgram {
  /** Without links. */
  readonly folder: string;
  readonly manifest: BotManifest;
}

/**
 * Reads a bot's folder: its manifest, whether its program may be run, and whether nobody else can change anything in it.
 * @throws SherinError BOT_MANIFEST, BOT_UNSAFE
 */
export function readBot(path: string): BotProgram {
  const folder = asManifestError(path, () => realpathSync(path));
  const facts = statSync(folder);
  if (!facts.isDirectory()) throw malformed(folder, 'it is no folder');
  refuseOthers(folder, facts);
  // The bots that come along are as safe there as the program of sherind itself.
  if (!folder.startsWith(projectRoot + sep)) refuseOthersAbove(folder);
  const file = join(folder, 'bot.json');
  const manifest = parseManifest(file, readManifest(file));
  checkProgram(folder, manifest);
  checkContents(folder);
  return { folder, manifest };
}

function readManifest(path: string): string {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = asManifestError(path, () => openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  try {
    const facts = fstatSync(fd);
    if (!facts.isFile()) throw malformed(path, 'it is no file');
    refuseOthers(path, facts);
    const buffer = Buffer.alloc(manifestLimit + 1);
    let size = 0;
    for (let read = -1; read !== 0 && size < buffer.length; size += read) {
      read = readSync(fd, buffer, size, buffer.length - size, null);
    }
    if (size > manifestLimit) throw malformed(path, `it is longer than ${manifestLimit} bytes`);
    return buffer.toString('utf8', 0, size);
  } finally {
    closeSync(fd);
  }
}

function parseManifest(path: string, text: string): BotManifest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed(path, 'it is no JSON');
  }
  const { data, error } = botManifestSchema.safeParse(value);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw malformed(path, `${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'wrong'}`.slice(0, 256));
}

/** Its program is a file that can be run, inside the folder also where a link leads to it. */
function checkProgram(folder: string, { exec: [program] }: BotManifest): void {
  const path = join(folder, program);
  const real = asManifestError(path, () => realpathSync(path));
  if (!real.startsWith(folder + sep)) throw unsafe(path, 'it leads out of the bot’s folder');
  const facts = statSync(real);
  if (!facts.isFile()) throw malformed(path, 'it is no file');
  if ((facts.mode & 0o111) === 0) throw malformed(path, 'it can not be executed; see chmod');
  refuseOthers(path, facts);
}

/** Who can rename a folder above can put another in this one's place, between this look and the start, too. */
function refuseOthersAbove(folder: string): void {
  for (let path = dirname(folder), below = folder; path !== below; below = path, path = dirname(path)) {
    const facts = statSync(path);
    // In a sticky one, as /tmp is, nobody renames what is another's (inode(7)).
    const mode = (facts.mode & 0o1000) === 0 ? facts.mode : 0;
    refuseOthers(path, { uid: facts.uid, mode });
  }
}

function asManifestError<T>(path: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    throw malformed(path, code === 'ELOOP' ? 'it is a link' : code);
  }
}

function malformed(path: string, part: string): SherinError {
  return new SherinError('BOT_MANIFEST', { path, part });
}
