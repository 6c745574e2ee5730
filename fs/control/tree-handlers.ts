import { SherinError } from '../../common/errors.js';
import { bytesToText, textToBytes } from '../../common/names.js';
import { sherinPrefix } from '../../common/sherin-xattrs.js';
import type { EntryInfo, StatInfo } from '../../daemon/protocol/control.js';
import { system, type Threads } from '../../native/index.js';
import { countSlots } from '../cube/catalog.js';
import { namespaceBelow } from '../manifest/namespaces.js';
import { ownNamespace } from '../manifest/own-namespace.js';
import { rootInode } from '../manifest/records.js';
import { taskPath } from '../manifest/tasks.js';
import type { Entry, Inode } from '../manifest/tree.js';
import { findTarget } from '../service/objects/target.js';
import type { VaultService } from '../service/service.js';
import type { Session } from '../service/session/session.js';
import { pathText, treePath } from '../tree-path.js';
import { pageOf } from './answer-space.js';
import type { ClientThreads } from './client-threads.js';
import type { ControlHandlers } from './server.js';

/** Content is handed over in windows of this size, each verified before it is written. */
const readWindow = 8 * 1024 * 1024;

/** `list`, `stat`, `read`: what the tree holds. */
export function treeHandlers(
  service: VaultService,
  threads: ClientThreads,
): Pick<ControlHandlers, 'list' | 'stat' | 'read'> {
  return {
    async list({ path, after, xattrs }, { peer }) {
      const session = await service.settled();
      const ino = resolve(session, path);
      await session.rules.guard()?.refusal('list', { ino }, peer);
      if (session.manifest.tree.inode(ino)?.kind !== 'directory')
        throw new SherinError('NOT_DIRECTORY', { path });
      const rest = session.manifest.tree.list(ino, after === undefined ? undefined : textToBytes(after));
      const { page, more } = pageOf(infosOf(session, rest, xattrs));
      return { entries: page, more };
    },

    async stat({ target }) {
      const session = await service.settled();
      return statInfo(session, target);
    },

    async read({ target, offset, length, at }, { fds, peer, connection, cancelled }) {
      const [fd] = fds;
      if (fd === undefined) throw new SherinError('PROTOCOL', { part: 'read takes a descriptor' });
      return threads.run(connection, async (own) => {
        await requireTarget(fd, own);
        const session = await service.settled();
        const found = findTarget(session, target);
        await session.rights.requireRead(found.inodes, found.object?.id ?? null, peer);
        const content = await session.openContent(found, peer);
        try {
          const wanted = Math.max(0, Math.min(length, content.size - offset));
          if (!Number.isSafeInteger(at + wanted))
            throw new SherinError('USAGE', { what: 'it would be written beyond 8 PiB' });
          const to = { fd, threads: own };
          for (let done = 0; done < wanted && !cancelled(); done += readWindow) {
            await content.exportTo(offset + done, Math.min(readWindow, wanted - done), to, at + done);
          }
          return { bytes: wanted };
        } finally {
          content.close();
        }
      });
    },
  };
}

/** @throws SherinError USAGE for what no content can be written to at an offset */
async function requireTarget(fd: number, threads: Threads): Promise<void> {
  if (!system.isWritable(fd))
    throw new SherinError('USAGE', { what: 'the descriptor of a read is not open for writing' });
  if (!(await system.isRegular(fd, threads)))
    throw new SherinError('USAGE', {
      what: 'the descriptor of a read is neither a regular file nor a memfd',
    });
}

function resolve(session: Session, path: string): number {
  const found = session.manifest.tree.find(treePath(path));
  if (found === undefined) throw new SherinError('PATH_MISSING', { path });
  return found.ino;
}

function* infosOf(session: Session, entries: Iterable<Entry>, xattrs: boolean): Generator<EntryInfo> {
  for (const entry of entries) yield entryInfo(session, entry, xattrs);
}

function entryInfo(session: Session, entry: Entry, xattrs: boolean): EntryInfo {
  const inode = session.manifest.tree.inode(entry.ino);
  if (inode === undefined)
    throw new SherinError('MANIFEST_BROKEN', { part: `entry of unknown inode ${entry.ino}` });
  return inodeInfo(session, inode, bytesToText(entry.name), entry.policy, xattrs);
}

function inodeInfo(
  session: Session,
  inode: Inode,
  name: string,
  policy: EntryInfo['policy'],
  xattrs: boolean,
): EntryInfo {
  const object = inode.object === 0 ? undefined : session.manifest.tree.object(inode.object);
  const { kind, mode, uid, gid, size, nlink } = inode;
  const shown = inode.xattrs
    .map(([key, value]) => [bytesToText(key), value.toString('base64')] as [string, string])
    .filter(([key]) => !key.startsWith(sherinPrefix));
  return {
    name,
    inode: inode.ino,
    kind,
    mode,
    uid,
    gid,
    size,
    nlink,
    policy,
    atime: String(inode.atime),
    mtime: String(inode.mtime),
    ctime: String(inode.ctime),
    ...(inode.target === null ? {} : { target: bytesToText(inode.target) }),
    ...(object === undefined ? {} : { id: object.id }),
    ...(xattrs && shown.length > 0 ? { xattrs: shown } : {}),
  };
}

function statInfo(session: Session, target: string): StatInfo {
  const { manifest } = session;
  const { ino, object } = findTarget(session, target);
  const inode = ino === null ? undefined : manifest.tree.inode(ino);
  if (inode === undefined) throw new SherinError('PATH_MISSING', { path: target });
  const path = manifest.tree.path(inode.ino) ?? Buffer.alloc(0);
  const [link] = manifest.tree.linksOf(inode.ino);
  const name = link === undefined ? 'files' : bytesToText(link.name);
  return {
    path: taskPath(manifest.tree, inode.ino) ?? pathText(path),
    entry: inodeInfo(session, inode, name, link?.policy ?? 'user', true),
    ...(object === null ? { cubes: 0, holes: 0 } : countSlots(manifest, object)),
    ...(object === null ? {} : { root: object.root.toString('hex') }),
    versions: inode.version,
    verified: object === null ? null : (session.verifiedAt(object.no)?.toString() ?? null),
    ...(inode.kind === 'directory' ? { namespace: namespaceInfo(session, inode) } : {}),
  };
}

function namespaceInfo({ manifest }: Session, directory: Inode): StatInfo['namespace'] {
  const own = directory.ino !== rootInode && ownNamespace(directory) !== undefined;
  return { name: namespaceBelow(manifest.tree, directory.ino), own };
}
