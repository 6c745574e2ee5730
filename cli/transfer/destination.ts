/** Where sources of an import go: the rules of `put`, in one place. */
import { lstatSync } from 'node:fs';
import { SherinError } from '../../common/errors.js';
import { textToBytes } from '../../common/names.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import { baseName, joinPath, otherPlace, parentPath, treeRoot, vaultPath } from '../vault-path.js';
import type { Source } from './source.js';

export interface Plan {
  /** Directory of the vault that everything goes below; made where missing. */
  readonly destination: string;
  /** Path of each source below it; empty: the destination itself. */
  readonly below: readonly string[];
}

/**
 * - One directory: its contents become the contents of DEST (like `rsync SRC/ DEST/`); DEST is `files/<name>` if not given.
 * - One file: DEST is its new name, or the directory for it where DEST is one or ends in `/`.
 * - Several sources: each goes below the directory DEST.
 * @param dest as the user wrote it, or null
 * @throws SherinError NOT_DIRECTORY, USAGE
 */
export async function plan(
  client: ControlClient,
  sources: readonly Source[],
  dest: string | null,
  where: { readonly mount: string },
): Promise<Plan> {
  const [first] = sources;
  const path = vaultPath(dest ?? first?.name ?? '', where);
  if (sources.length === 1 && first !== undefined) {
    if (dest === null && first.name === '') {
      throw new SherinError('USAGE', { what: `name a destination for ${first.text}` });
    }
    const kind = await kindAt(client, path);
    const place = first.isDirectory || dest?.endsWith('/') === true;
    if (place && kind !== null && kind !== 'directory') throw new SherinError('NOT_DIRECTORY', { path });
    if (first.isDirectory) return { destination: path, below: [''] };
    if (dest !== null && (place || kind === 'directory')) return { destination: path, below: [first.name] };
    return { destination: parentPath(path), below: [baseName(path)] };
  }
  const kind = await kindAt(client, path);
  if (kind !== null && kind !== 'directory') throw new SherinError('NOT_DIRECTORY', { path });
  const names = sources.map((source) => source.name);
  const twice = names.find((name, index) => name === '' || names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new SherinError('USAGE', { what: `two sources would both become ${path}/${twice}` });
  return { destination: path, below: names };
}

/** Where a plan puts things, for people: the new name of one source, or the directory that several go below. */
export function shownPlace({ destination, below }: Plan): string {
  const [only] = below;
  return below.length === 1 && only !== undefined ? joinPath(destination, only) : `${destination}/`;
}

/**
 * DEST as the user wrote it must mean a place in the vault: the last of several local files is no destination.
 * @throws SherinError USAGE
 */
export function refuseMistakenDest(dest: string, where: { readonly mount: string }): void {
  if (dest === treeRoot || /^\/?files(\/|$)/.test(dest)) return;
  if (dest === where.mount || dest.startsWith(`${where.mount}/`)) return;
  const place = otherPlace(dest);
  if (place !== null) {
    throw new SherinError('USAGE', {
      what: `nothing is put into ${place}/: DEST is below ${treeRoot}/; for a directory of that name write ${treeRoot}/${dest.replace(/^[./]*\//, '')}`,
    });
  }
  if (lstatSync(textToBytes(dest), { throwIfNoEntry: false }) === undefined) return;
  throw new SherinError('USAGE', {
    what: `the last word is DEST, a place in the vault, but '${dest}' is a local path; name the place as ${treeRoot}/…, such as ${treeRoot}/${baseName(vaultPath(dest.replaceAll('..', '.'), where))}`,
  });
}

async function kindAt(client: ControlClient, path: string): Promise<string | null> {
  try {
    return (await client.call('stat', { target: path })).entry.kind;
  } catch (error) {
    if (error instanceof SherinError && error.code === 'PATH_MISSING') return null;
    throw error;
  }
}
