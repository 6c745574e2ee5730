import type { CubeId } from '../../../common/ids.js';
import type { CubeUse } from '../../cube/catalog.js';
import { taskPath } from '../../manifest/tasks.js';
import { pathText } from '../../tree-path.js';
import type { Session } from '../session/session.js';

/** Where a cube's bytes stand: every path of every file that holds it, with the place in the file. */
export function* cubePlaces(session: Session, id: CubeId): Iterable<{ path: string; use: CubeUse }> {
  const { tree } = session.manifest;
  for (const use of session.catalog.uses(id)) {
    for (const ino of tree.inodesOf(use.object)) {
      const path = taskPath(tree, ino) ?? pathText(tree.path(ino) ?? Buffer.alloc(0));
      yield { path, use };
    }
  }
}

/** Up to 16 paths whose content holds the cube. */
export function pathsOf(session: Session, id: CubeId): string[] {
  const paths = new Set<string>();
  for (const { path } of cubePlaces(session, id)) {
    paths.add(path);
    if (paths.size === 16) break;
  }
  return [...paths];
}
