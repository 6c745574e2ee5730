import { lstatSync, readlinkSync } from 'node:fs';

/** /bin, /lib… as arguments of bubblewrap, as they are: links into /usr, or folders where a distribution still has them. */
export function topFolders(): string[] {
  return ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32'].flatMap((name) => {
    const facts = lstatSync(`/${name}`, { throwIfNoEntry: false });
    if (facts === undefined) return [];
    if (facts.isSymbolicLink()) return ['--symlink', readlinkSync(`/${name}`), `/${name}`];
    return ['--ro-bind', `/${name}`, `/${name}`];
  });
}
