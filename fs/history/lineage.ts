/** Where content came from, and what came of it: the origins that put records name. */
import { formatSherinId, type SherinId } from '../../common/ids.js';
import type { Manifest } from '../manifest/manifest.js';

/** How a version was made: a put with an origin. */
export interface Making {
  readonly id: SherinId;
  /** Nanoseconds since 1970. */
  readonly time: bigint;
  readonly from: readonly SherinId[];
  /** Empty where none is named, as those below. */
  readonly task: string;
  readonly bot: string;
  readonly botVersion: string;
}

/** All puts that name an origin, oldest first. Reads the whole log. @throws SherinError MANIFEST_BROKEN */
export async function makings(
  manifest: Manifest,
  progress: (done: number, total: number) => void,
): Promise<Making[]> {
  const found: Making[] = [];
  await manifest.walkLog({
    record: (_, { mutation, time }) => {
      if (mutation.type !== 'put' || mutation.lineage === null) return;
      const { derivedFrom: from, taskId: task, botId: bot, botVersion } = mutation.lineage;
      found.push({ id: formatSherinId(mutation.id), time, from, task, bot, botVersion });
    },
    progress,
  });
  return found;
}

export interface Relatives {
  /** What it was made from, by way of others, too. */
  readonly ancestors: ReadonlySet<SherinId>;
  readonly descendants: ReadonlySet<SherinId>;
}

/** Both directions from one version; a circle, which equal content can make, is walked once. */
export function relatives(all: readonly Making[], id: SherinId): Relatives {
  const [up, down] = [new Map<SherinId, SherinId[]>(), new Map<SherinId, SherinId[]>()];
  for (const { id: made, from } of all) {
    for (const origin of from) {
      listed(up, made).push(origin);
      listed(down, origin).push(made);
    }
  }
  return { ancestors: reached(up, id), descendants: reached(down, id) };
}

function listed(map: Map<SherinId, SherinId[]>, key: SherinId): SherinId[] {
  const list = map.get(key) ?? [];
  map.set(key, list);
  return list;
}

function reached(next: ReadonlyMap<SherinId, readonly SherinId[]>, from: SherinId): Set<SherinId> {
  const seen = new Set<SherinId>();
  const waiting = [...(next.get(from) ?? [])];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (id === from || seen.has(id)) continue;
    seen.add(id);
    waiting.push(...(next.get(id) ?? []));
  }
  return seen;
}
