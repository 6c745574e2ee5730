/** What `sherinctl put` does, without the start of a process and what is shown meanwhile. */
import { SherinError } from '../../common/errors.js';
import { plan } from '../transfer/destination.js';
import { Problems } from '../transfer/problems.js';
import { EntryReader } from '../transfer/put-entry.js';
import { PutStream } from '../transfer/put-stream.js';
import { forbid, openSource, walk } from '../transfer/source.js';
import type { Interrupt } from './interrupt.js';
import type { TemporaryVault } from './temporary-vault.js';

/** Brings a file or a directory in as `files/<name>`; durable when done. @throws SherinError what the first problem says */
export async function put(
  { client, places }: TemporaryVault,
  path: string,
  name: string,
  interrupt: Interrupt,
): Promise<void> {
  const problems = new Problems();
  const forbidden = forbid(places.vault, places.mount, []);
  const source = openSource(path, forbidden);
  const { destination, below } = await plan(client, [source], `files/${name}`, places);
  const advanced = (): void => undefined;
  const stream = await PutStream.begin(client, destination, { checksum: false, problems, advanced });
  const reader = new EntryReader(problems);
  try {
    for (const found of walk(source, below[0] ?? name, forbidden, problems)) {
      interrupt.check();
      const open = reader.read(found);
      if (open !== null) await stream.add(open);
    }
    await stream.end();
  } finally {
    stream.drop();
  }
  const [problem] = problems.list;
  if (problem !== undefined) throw new SherinError('IO', { what: problem.path, part: problem.message });
  interrupt.check();
}
