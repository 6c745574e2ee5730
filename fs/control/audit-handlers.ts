import { Admins } from '../../common/admins.js';
import { SherinError } from '../../common/errors.js';
import { jcs } from '../../common/jcs.js';
import { Turns } from '../../common/turns.js';
import { uuidText } from '../../common/vault-key.js';
import type { ControlCaller } from '../../daemon/protocol/objects.js';
import type { Peer } from '../../native/ipc.js';
import { archivable, giveUp } from '../service/archiving.js';
import type { VaultService } from '../service/service.js';
import type { Records } from '../service/session/records.js';
import { pageOf } from './answer-space.js';
import { auditPageOf } from './audit-page.js';
import { onBehalf } from './on-behalf.js';
import type { ControlHandlers } from './server.js';

type Handlers = Pick<
  ControlHandlers,
  | 'audit.tail'
  | 'audit.page'
  | 'audit.head'
  | 'audit.prove'
  | 'audit.consistency'
  | 'audit.verify'
  | 'audit.archivable'
  | 'audit.archived'
>;
type Record = Awaited<ReturnType<Records['tail']>>[number];

/** Records that are looked through for one page, where not all of them are told. */
const mostLooked = 250;

/** `audit.*`: whole for who comes to this socket, and for callers of sherind what is theirs. */
export function auditHandlers(service: VaultService): Handlers {
  const admins = new Admins();
  // An old record's proof reads parts of many segments: one at a time.
  const proofs = new Turns();
  const archives = new Turns();
  const vault = () => uuidText(service.uuid);
  const mine = (peer: Peer, caller: ControlCaller | undefined) => visible(admins, peer, caller);
  return {
    async 'audit.tail'({ count, before }) {
      const { records } = await service.settled();
      const last = await (before === undefined ? records.tail(count) : records.before(before, count));
      const { page } = pageOf(last.toReversed().map((record) => ({ ...record })));
      return { records: page.reverse() };
    },

    async 'audit.page'({ count, page, caller }, { peer }) {
      const isMine = mine(peer, caller);
      const { records } = await service.unlocked();
      const end = Math.min(page ?? Number.MAX_SAFE_INTEGER, records.head().size);
      return auditPageOf(
        await records.before(end, isMine === everything ? count : mostLooked),
        isMine,
        count,
      );
    },

    async 'audit.head'() {
      const { records } = await service.unlocked();
      return { ...(await records.signedHead()), vault: vault() };
    },

    async 'audit.prove'({ seq, caller }, { peer }) {
      const isMine = mine(peer, caller);
      const { records } = await service.unlocked();
      const [record] = seq < records.head().size ? await records.before(seq + 1, 1) : [];
      // What is archived can't be looked at: who may see all of it is told where it is.
      if (record === undefined && isMine === everything) await records.prove(seq);
      if (record === undefined || !isMine(record)) throw new SherinError('RECORD_UNKNOWN', { id: seq });
      const { leaf, path, head } = await proofs.run(() => records.prove(seq));
      return {
        ...{ seq, leaf: leaf.toString('base64'), path: path.map(base64), head, vault: vault() },
        ...(caller === undefined ? { record: jcs(record) } : {}),
      };
    },

    async 'audit.consistency'({ from, to }) {
      const { records } = await service.unlocked();
      const end = to ?? records.head().size;
      const proof = await proofs.run(() => records.proveConsistency(from, end));
      return { from: proof.from, to: proof.to, path: proof.path.map(base64), vault: vault() };
    },

    'audit.verify': async () => {
      const session = await service.settled();
      const { records, heads, root, unauthenticated, archived } = await session.checks.audit();
      const elsewhere = archived && { ...archived, parts: archived.parts.map((part) => ({ ...part })) };
      return { records, heads, root: root.toString('hex'), unauthenticated, archived: elsewhere };
    },

    'audit.archivable': async ({ keep, before }) => {
      const session = await service.unlocked();
      const limit = before === undefined ? undefined : BigInt(before);
      return { segments: await archives.run(() => archivable(session, { keep, before: limit })) };
    },

    'audit.archived': async ({ place, ...segments }, { peer }) => {
      const session = await service.unlocked();
      return { freed: await archives.run(() => giveUp(session, segments, place, peer)) };
    },
  };
}

const base64 = (hash: Buffer): string => hash.toString('base64');

const everything = (): boolean => true;

/** What somebody may see: what he did, and what was done for him; administrators, and who is let in here himself, all. */
function visible(admins: Admins, peer: Peer, caller: ControlCaller | undefined): (record: Record) => boolean {
  if (caller === undefined) return everything;
  const { uid } = onBehalf(peer, caller);
  if (admins.hasPeer(caller)) return everything;
  return ({ actor, meta }) => actor.uid === uid || meta.uid === uid;
}
