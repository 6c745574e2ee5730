/** `PATH@VERSION` as people write it: a number of `sherinctl log`, or a time. */
import { SherinError } from '../../common/errors.js';
import type { ControlClient } from '../../daemon/client/control-client.js';
import type { VersionInfo } from '../../daemon/protocol/control.js';
import { Progress } from '../output/progress.js';
import { formatTime } from '../output/units.js';
import type { Session } from '../session.js';
import { vaultPath } from '../vault-path.js';

export interface VersionName {
  /** As the user wrote it. */
  readonly path: string;
  readonly version: string;
}

export interface FoundVersion extends VersionInfo {
  /** In the vault. */
  readonly path: string;
}

/** What `--help` says of it. */
export const versionForms =
  'VERSION is a number as `sherinctl log PATH` shows it, or a time, which means the last version before it: 2026-01-31, "2026-01-31 13:05", yesterday, or 90min, 3h, 2d, 1w (ago). A day means its end.';

/** The parts of `PATH@VERSION`; null without an `@` behind the last slash. */
export function parseVersionName(text: string): VersionName | null {
  const at = text.lastIndexOf('@');
  if (at <= text.lastIndexOf('/') + 1 || at === text.length - 1) return null;
  return { path: text.slice(0, at), version: text.slice(at + 1) };
}

/** @throws SherinError USAGE, VERSION_MISSING, VERSION_COLLECTED, PATH_MISSING */
export async function findVersion(
  session: Session,
  client: ControlClient,
  { path: written, version }: VersionName,
): Promise<FoundVersion> {
  const wanted = /^\d{1,15}$/.test(version)
    ? { number: Number(version) }
    : { until: endOf(version, new Date()) };
  return lookFor(session, client, vaultPath(written, session.places), version, wanted);
}

/** The last version of a path of the vault before a time, nanoseconds since 1970. @throws as {@link findVersion} */
export async function findVersionBefore(
  session: Session,
  client: ControlClient,
  path: string,
  until: bigint,
): Promise<FoundVersion> {
  return lookFor(session, client, path, formatTime(String(until)), { until });
}

async function lookFor(
  session: Session,
  client: ControlClient,
  path: string,
  version: string,
  wanted: { readonly number: number } | { readonly until: bigint },
): Promise<FoundVersion> {
  let before = 'number' in wanted ? wanted.number + 1 : undefined;
  for (;;) {
    const { versions, total } = await historyPage(session, client, path, before);
    const found = versions.findLast((one) =>
      'number' in wanted ? one.number === wanted.number : BigInt(one.time) < wanted.until,
    );
    if (found !== undefined) return kept({ ...found, path });
    const [oldest] = versions;
    if ('number' in wanted || oldest === undefined || oldest.number <= 1) {
      const part =
        'number' in wanted
          ? `1 to ${total}`
          : `versions since ${oldest === undefined ? 'never' : formatTime(oldest.time)}`;
      throw new SherinError('VERSION_MISSING', { path, version, part });
    }
    before = oldest.number;
  }
}

/** What a path showed last. @throws SherinError PATH_MISSING, VERSION_COLLECTED */
export async function newestVersion(
  session: Session,
  client: ControlClient,
  written: string,
): Promise<FoundVersion> {
  const path = vaultPath(written, session.places);
  const { versions } = await historyPage(session, client, path, undefined);
  const newest = versions.at(-1);
  if (newest === undefined) throw new SherinError('PATH_MISSING', { path });
  return kept({ ...newest, path });
}

/** @throws SherinError VERSION_COLLECTED */
function kept(version: FoundVersion): FoundVersion {
  const { path, number, collected } = version;
  if (collected === undefined) return version;
  const part = `sherinctl ${collected.by} gave it up at ${formatTime(collected.time)}`;
  throw new SherinError('VERSION_COLLECTED', { what: `${path}@${number}`, part });
}

/** One page of a history, the newest versions or those before a number; a bar where it takes long. */
export async function historyPage(
  session: Session,
  client: ControlClient,
  path: string,
  before: number | undefined,
) {
  const progress = new Progress('history', 'records', session.output.json);
  try {
    const params = before === undefined ? { path } : { path, before };
    return await client.call('history', params, {
      progress: (done, total) => progress.update(done, total),
    });
  } finally {
    progress.stop();
  }
}

const unitMs: Readonly<Record<string, number>> = {
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/**
 * The time up to which versions count, in nanoseconds since 1970: a local one, or some time before `now`.
 * @throws SherinError USAGE
 */
export function endOf(text: string, now: Date): bigint {
  const ago = /^(\d{1,6})(min|h|d|w)$/.exec(text);
  if (ago !== null) return nanoseconds(now.getTime() - Number(ago[1]) * (unitMs[ago[2] ?? ''] ?? 0));
  if (text === 'yesterday') return nanoseconds(dayAfter(now, 0).getTime());
  const day = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
  const [year, month, date, hour, minute, second] = (day ?? []).slice(1).map(Number);
  if (day !== null && year !== undefined && month !== undefined && date !== undefined) {
    const start = new Date(
      year,
      month - 1,
      date,
      day[4] === undefined ? 0 : hour,
      day[5] === undefined ? 0 : minute,
    );
    const clock = day[4] === undefined || ((hour ?? 24) < 24 && (minute ?? 60) < 60);
    const exact = day[6] === undefined || (second ?? 60) < 60;
    if (clock && exact && start.getMonth() === month - 1 && start.getDate() === date) {
      if (day[4] === undefined) return nanoseconds(dayAfter(start, 1).getTime());
      // What is shown with a minute or second began somewhere in it.
      const last = day[6] === undefined ? 60 : (second ?? 0) + 1;
      return nanoseconds(start.getTime() + last * 1000);
    }
  }
  throw new SherinError('USAGE', {
    what: `'${text}' is no time: a day such as 2026-01-31, with a time 2026-01-31T13:05, yesterday, or 90min, 3h, 2d, 1w ago`,
  });
}

/** The beginning of a day, some days after that of a time. */
function dayAfter(time: Date, days: number): Date {
  return new Date(time.getFullYear(), time.getMonth(), time.getDate() + days);
}

function nanoseconds(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds)) * 1_000_000n;
}
