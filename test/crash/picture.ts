/** What an open vault holds, and whether it is one of the states that it may hold. */
import { peer } from '../../fs/check/fsck.fixture.js';
import { rootInode } from '../../fs/manifest/records.js';
import { attributesText, contentText, type Model, type Picture, type Shown } from './model.js';
import type { Opened } from './opened.js';

/** Reads all of it; every byte is verified on the way. */
export async function pictureOf({ session }: Opened): Promise<Picture> {
  const { tree } = session;
  const paths = new Map<number, string[]>();
  const found: { readonly path: string; readonly ino: number }[] = [];
  const walk = (parent: number, prefix: string): void => {
    for (const { ino, name, kind } of tree.list(parent)) {
      const path = prefix + name.toString();
      found.push({ path, ino });
      paths.set(ino, [...(paths.get(ino) ?? []), path]);
      if (kind === 'directory') walk(ino, `${path}/`);
    }
  };
  walk(rootInode, '');
  const picture = new Map<string, Shown>();
  for (const { path, ino } of found) {
    const inode = tree.inode(ino);
    if (inode === undefined) throw new Error(`${path} leads nowhere`);
    const { kind, nlink: links, target, mode } = inode;
    const xattrs = inode.xattrs.map(([key, value]) => [key.toString(), value.toString()] as const);
    picture.set(path, {
      kind,
      links,
      same: (paths.get(ino) ?? []).sort(),
      target: target?.toString() ?? null,
      content: kind === 'file' ? await contentOf({ session } as Opened, ino) : null,
      attributes: attributesText(mode, xattrs),
    });
  }
  return picture;
}

async function contentOf({ session }: Opened, ino: number): Promise<string> {
  const { tree } = session;
  const object = tree.object(tree.objectOfFile(ino) ?? 0) ?? null;
  const file = await session.openFile(ino, object, { uid: peer.uid, gid: peer.gid, pid: peer.pid }, tree);
  try {
    const bytes = Buffer.alloc(tree.inode(ino)?.size ?? 0);
    const read = await file.read(0, bytes.length, bytes);
    if (read !== bytes.length) throw new Error(`inode ${ino} has ${read} of ${bytes.length} bytes`);
    return contentText(bytes);
  } finally {
    file.close();
  }
}

export interface Window {
  /** Index of the oldest state that may be found, and of the last. */
  readonly from: number;
  readonly to: number;
  /** Files may have become versions in between, with what programs had written by then: a fault was met in another way. */
  readonly early: boolean;
}

/** Index of the newest state that a picture shows; text: why it shows none. */
export function placeOf(model: Model, found: Picture, { from, to, early }: Window): number | string {
  const last = Math.min(to, model.states.length - 1);
  let nearest = '';
  for (let at = last; at >= from; at--) {
    const difference = differenceFrom(model, found, at, last, early);
    if (difference === null) return at;
    if (nearest === '' || difference.length < nearest.length) nearest = difference;
  }
  return `no state from ${from} to ${last}: ${nearest}`;
}

function differenceFrom(
  model: Model,
  found: Picture,
  at: number,
  last: number,
  early: boolean,
): string | null {
  const state = model.states[at];
  if (state === undefined) return 'there is no such state';
  const lines: string[] = [];
  for (const path of new Set([...state.picture.keys(), ...found.keys()])) {
    const [wanted, shown] = [state.picture.get(path), found.get(path)];
    if (wanted === undefined || shown === undefined) {
      lines.push(`${path} is ${shown === undefined ? 'missing' : 'too much'}`);
      continue;
    }
    const strict = ({ kind, links, same, target }: Shown): string =>
      JSON.stringify([kind, links, same, target]);
    if (strict(wanted) !== strict(shown)) lines.push(`${path}: ${strict(shown)} for ${strict(wanted)}`);
    const later = model.states.slice(at, last + 1);
    const contents = [wanted.content, ...(early ? later.map(({ live }) => live.get(path)) : [])];
    if (!contents.includes(shown.content))
      lines.push(`${path}: content ${shown.content} for ${wanted.content}`);
    const attributes = later.map(({ picture }) => picture.get(path)?.attributes);
    if (!attributes.includes(shown.attributes)) lines.push(`${path}: attributes ${shown.attributes}`);
  }
  return lines.length === 0 ? null : `state ${at}: ${lines.join('; ')}`;
}
