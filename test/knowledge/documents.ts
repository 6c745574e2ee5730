/** The documents of this machine, /usr/share/doc, and questions that one of them answers. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

const documents = '/usr/share/doc';
/** Bytes of a file on this machine: beside the documents that answer, larger ones would only take their time. */
const largest = 64 * 1024;

export interface Item {
  /** In a person's words. */
  readonly question: string;
  /** The one that answers, as `package/name` without the `.gz` that it may have. */
  readonly document: string;
}

/** Questions that the bot's ranking was never tuned with. */
export function knownItems(): readonly Item[] {
  const file = join(import.meta.dirname, '../../daemon/bots/knowledge/searches/known-items.json');
  return JSON.parse(readFileSync(file, 'utf8')) as Item[];
}

/** Its name on this machine. @throws where it is not there, with the package that has it */
export function nameOf({ document }: Item): string {
  const name = [document, `${document}.gz`].find((one) => existsSync(join(documents, one)));
  if (name !== undefined) return name;
  const [holder = ''] = document.split('/');
  throw new Error(
    `${join(documents, document)} is not on this machine: install the Debian package ${holder} with its documents (apt-get install --reinstall ${holder}, without a path-exclude in /etc/dpkg/dpkg.cfg.d)`,
  );
}

/** Copies the named ones to a directory, and as many others as make `count`, evenly from all there are. */
export function copyDocuments(to: string, named: readonly string[], count: number): number {
  const others = everything().filter((name) => !named.includes(name));
  const wanted = Math.max(0, Math.min(count - named.length, others.length));
  const chosen = Array.from({ length: wanted }, (_, at) => others[Math.floor((at * others.length) / wanted)]);
  const all = [...named, ...chosen.filter((name) => name !== undefined)];
  for (const name of all) {
    mkdirSync(join(to, dirname(name)), { recursive: true });
    copyFileSync(join(documents, name), join(to, name));
  }
  return all.length;
}

/** Regular files, those behind links once. */
function everything(): string[] {
  return readdirSync(documents, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size <= largest)
    .map((path) => path.slice(documents.length + 1))
    .sort();
}
