import type { CubeId } from '../../common/ids.js';
import type { Manifest } from '../manifest/manifest.js';
import { readLog } from './log-reading.js';
import { readReferences } from './references.js';

/** Every cube that some version needs. @throws SherinError MANIFEST_BROKEN, also where index nodes are lost: what is below them is not known */
export async function readNeeded(manifest: Manifest): Promise<Iterable<CubeId>> {
  const references = await readReferences(manifest, await readLog(manifest, () => undefined));
  const [lost] = references.lostNodes;
  if (lost !== undefined) manifest.node(Buffer.from(lost, 'latin1'));
  return references.ids();
}
