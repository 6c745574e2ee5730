/** What users write for a place in the vault, made one: `files/…`, or an ID. */
import type { Places } from '../common/environment.js';
import { SherinError } from '../common/errors.js';

/** The root of the user's tree. */
export const treeRoot = 'files';

/**
 * A path as users write it → `files/…`. Takes paths with and without `files/`, with a leading `/`, and below the mount.
 * @throws SherinError USAGE for `..` and for paths of the mount outside `files/`
 */
export function vaultPath(text: string, where: Pick<Places, 'mount'>): string {
  const below =
    text === where.mount ? '' : text.startsWith(`${where.mount}/`) ? text.slice(where.mount.length) : null;
  const parts = (below ?? text).split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) {
    throw new SherinError('USAGE', {
      what: `'${text}' goes upwards with '..'; name the path from the top of the vault`,
    });
  }
  if (below !== null && parts.length > 0 && parts[0] !== treeRoot) {
    throw new SherinError('USAGE', { what: `'${text}' is not below ${where.mount}/${treeRoot}` });
  }
  return parts[0] === treeRoot ? parts.join('/') : [treeRoot, ...parts].join('/');
}

/** Places of the mount beside `files/`: no path of the user's tree means them. */
const otherPlaces = ['ids', 'cubes', 'quarantine', '.sherin', 'inbox', 'bots'] as const;

/** The place beside `files/` that a path as the user wrote it begins with, or null. */
export function otherPlace(text: string): string | null {
  const [first] = text.split('/').filter((part) => part !== '' && part !== '.');
  return otherPlaces.find((place) => place === first) ?? null;
}

/** Waits; a path that is missing because it means a place beside `files/` is told as that. @throws SherinError USAGE */
export async function explained<T>(
  answer: Promise<T>,
  text: string,
  where: Pick<Places, 'mount'>,
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    const place = otherPlace(text);
    if (place === null) throw error;
    if (!(error instanceof SherinError && error.code === 'PATH_MISSING')) throw error;
    throw new SherinError('USAGE', {
      what: `${place}/ stands beside ${treeRoot}/ at the mount, and sherinctl looks below ${treeRoot}/ only; look at ${where.mount}/${place}`,
    });
  }
}

/** A path or an ID, as the control socket takes it: a single word is looked for as a path first, then as an ID. */
export function vaultTarget(text: string, where: Pick<Places, 'mount'>): string {
  return /^[^/.][^/]*$/.test(text) ? text : vaultPath(text, where);
}

/** The last name of a vault path; the root's is empty. */
export function baseName(path: string): string {
  return path === treeRoot ? '' : path.slice(path.lastIndexOf('/') + 1);
}

/** The directory that holds a vault path. */
export function parentPath(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? treeRoot : path.slice(0, at);
}

export function joinPath(directory: string, name: string): string {
  return name === '' ? directory : `${directory}/${name}`;
}
