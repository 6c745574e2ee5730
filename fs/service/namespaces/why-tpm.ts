import { asCubeId } from '../../../common/ids.js';
import type { Why } from '../../../daemon/protocol/why.js';
import { findTarget } from '../objects/target.js';
import type { Session } from '../session/session.js';

/**
 * Why the TPM would refuse an open now; null where it is not asked, or has nothing against it.
 * @param text a path or an ID; null: whatever there is
 * @throws SherinError PATH_MISSING, ID_UNKNOWN, ID_MALFORMED
 */
export async function whyTpm(session: Session, text: string | null): Promise<Why | null> {
  const { namespaces, tree } = session;
  const everything = text === null || asCubeId(text) !== undefined;
  const { unseal } = everything ? namespaces.all : namespaces.ofContent(findTarget(session, text), [tree]);
  if (unseal !== 'per-open') return null;
  const refusal = await session.gate.refusal();
  if (refusal === null) return null;
  const what = text === null ? 'a file of a namespace that asks the TPM at each open' : 'it';
  const unreadable =
    namespaces.record === null
      ? ['the settings of namespaces can not be read, so the TPM is asked at every open']
      : [];
  return {
    reasons: [
      ...unreadable,
      `opening ${what} is refused (${refusal.errno}): ${refusal.message}`,
      'the vault itself is open: what does not ask the TPM is served',
      'an administrator has the TPM asked no more with: sherinctl namespace set NAME --unseal session',
    ],
    next: 'sherinctl namespace list',
  };
}
