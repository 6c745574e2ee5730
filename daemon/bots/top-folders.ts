import { lstatSync, readlinkSync } from 'node:fs';

/** Links into /usr, or folders where a distribution still has them; not each is everywhere. */
export const topNames = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'] as const;

/** /bin, /lib… as arguments of bubblewrap, as they are. */
export function topFolders(): string[] {
  return topNames.flatMap((name) => {
    const facts = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (facts === undefined) return [];
    if (facts.isSymbolicLink()) return ['--symlink', readlinkSync(`/${name}`), `/${name}`];
    return ['--ro-bind', `/${name}`, `/${name}`];
  });
}
