/** The vault's tree as the control socket tells it. */
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { EntryInfo } from '../../daemon/protocol/control.js';
import { joinPath } from '../vault-path.js';

/** Entries of a directory, page by page. */
export async function* entriesOf(
  client: ControlClient,
  path: string,
  xattrs = false,
): AsyncGenerator<EntryInfo> {
  let after: string | undefined;
  for (;;) {
    const { entries, more } = await client.call('list', {
      path,
      xattrs,
      ...(after === undefined ? {} : { after }),
    });
    yield* entries;
    after = entries.at(-1)?.name;
    if (!more || after === undefined) return;
  }
}

/** Everything below a directory, depth first; `path` is the whole path in the vault. */
export async function* everythingBelow(
  client: ControlClient,
  path: string,
): AsyncGenerator<{ readonly path: string; readonly entry: EntryInfo }> {
  for await (const entry of entriesOf(client, path)) {
    const here = joinPath(path, entry.name);
    yield { path: here, entry };
    if (entry.kind === 'directory') yield* everythingBelow(client, here);
  }
}
