/** `put --delete`: what the vault has below the destination and the sources do not. */
import type { ControlClient } from '../../daemon/client/control-client.js';
import { joinPath } from '../vault-path.js';
import { entriesOf } from './listing.js';
import type { Listed } from './source.js';

/** Paths of one message: it takes 256, and 128 KiB. */
const most = { paths: 256, bytes: 64 * 1024 };

export interface Removed {
  files: number;
  /** Directories, links and so on. */
  others: number;
}

/** Removes it; directories that were not listed are left alone with all below them. */
export async function removeOthers(
  client: ControlClient,
  destination: string,
  listed: Listed,
): Promise<Removed> {
  const removed: Removed = { files: 0, others: 0 };
  let paths: string[] = [];
  let bytes = 0;
  const send = async (): Promise<void> => {
    if (paths.length === 0) return;
    const { files, others } = await client.call('remove', { paths });
    removed.files += files;
    removed.others += others;
    paths = [];
    bytes = 0;
  };
  for (const [below, names] of listed) {
    const directory = joinPath(destination, below);
    for await (const entry of entriesOf(client, directory)) {
      if (names.has(entry.name)) continue;
      const path = joinPath(directory, entry.name);
      const size = Buffer.byteLength(JSON.stringify(path)) + 1;
      if (paths.length === most.paths || bytes + size > most.bytes) await send();
      paths.push(path);
      bytes += size;
    }
  }
  await send();
  return removed;
}
