/** Why something named by a person is refused: what is there now, an old version, or what a mount of the past shows. */
import { SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { Why } from '../../daemon/protocol/why.js';
import type { Session } from '../session.js';
import { type FoundVersion, findVersion, findVersionBefore, parseVersionName } from '../transfer/version.js';
import { vaultPath, vaultTarget } from '../vault-path.js';

/** @throws SherinError PATH_MISSING, ID_UNKNOWN, VERSION_MISSING, USAGE */
export async function whyTarget(session: Session, client: ControlClient, target: string): Promise<Why> {
  const { past } = await client.call('status', {});
  const mount = past.find(({ path }) => target.startsWith(`${path}/`));
  if (mount !== undefined) {
    const path = vaultPath(target.slice(mount.path.length + 1), session.places);
    return ofVersion(client, target, () => findVersionBefore(session, client, path, BigInt(mount.end)));
  }
  try {
    return await client.call('why', { target: vaultTarget(target, session.places) });
  } catch (error) {
    const name = parseVersionName(target);
    if (name === null || !isMissing(error)) throw error;
    return ofVersion(client, target, () => findVersion(session, client, name));
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof SherinError && ['PATH_MISSING', 'ID_UNKNOWN', 'ID_MALFORMED'].includes(error.code);
}

async function ofVersion(
  client: ControlClient,
  shown: string,
  find: () => Promise<FoundVersion>,
): Promise<Why> {
  const nothing: Why = { reasons: [`nothing refuses ${shown}`], next: null };
  let id: string | undefined;
  try {
    ({ id } = await find());
  } catch (error) {
    if (!(error instanceof SherinError) || error.code !== 'VERSION_COLLECTED') throw error;
    return { reasons: [error.message], next: error.command };
  }
  if (id === undefined) return nothing;
  const answer = await client.call('why', { target: id });
  return answer.reasons.some((reason) => reason === `nothing refuses ${id}`) ? nothing : answer;
}
