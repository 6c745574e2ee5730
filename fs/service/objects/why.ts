import { SherinError } from '../../../common/errors.js';
import { asCubeId, type CubeId, cubeIdFromBytes } from '../../../common/ids.js';
import { isoTime } from '../../../common/time.js';
import type { Why } from '../../../daemon/protocol/why.js';
import { type CubeUse, objectCubes } from '../../cube/catalog.js';
import { faultWords } from '../../cube/faults.js';
import type { QuarantineState } from '../../manifest/state.js';
import { denialReasons } from '../rules/explain.js';
import type { Session } from '../session/session.js';
import { cubePlaces } from './cube-places.js';
import { findTarget } from './target.js';

/** An error as reasons and the next command, which is another than the one that asks. */
export function whyError(error: SherinError): Why {
  const hint = error.hint.replace(/^see: sherinctl why(; |$)/, '');
  return { reasons: hint === '' ? [error.message] : [error.message, hint], next: error.command };
}

/** What is refused of an open vault as a whole. */
export function whyVault({ journal }: Session): Why {
  if (journal.kept === 0) return { reasons: ['nothing is refused: the vault is open'], next: null };
  const segments = journal.kept === 1 ? 'a segment' : `${journal.kept} segments`;
  return {
    reasons: [
      `${segments} of the journal did not verify when the vault was opened: what programs had made durable there, and nowhere else yet, is missing`,
      'it is kept in quarantine/ of the vault, and the record AUDIT_JOURNAL_REFUSED has numbers and bytes',
      'a bad disk or somebody who wrote to it did that, or the power was cut during a large append; what is kept there may be removed',
    ],
    next: 'sherinctl audit',
  };
}

/** Reasons behind a refusal of content: the quarantined cubes of a file, or one cube. */
export function whyContent(session: Session, text: string): Why {
  const cube = asCubeId(text);
  const quarantine = new Map([...session.manifest.tree.quarantine()].map((item) => [item.cube, item]));
  const { reasons, bad } =
    cube === undefined ? fileReasons(session, text, quarantine) : cubeReasons(session, cube, quarantine);
  const denied = cube === undefined ? denialReasons(session, text) : [];
  if (reasons.length > 0) return { reasons: [...reasons, healing, ...denied], next: restoring(bad) };
  if (denied.length > 0) return { reasons: [...denied], next: 'sherinctl policy rules list' };
  const nothing =
    cube === undefined ? `nothing refuses ${text}` : `cube ${cube} is in use and not in quarantine`;
  return { reasons: [nothing], next: null };
}

type Quarantine = ReadonlyMap<CubeId, QuarantineState>;

/** Refused content: sentences, and the cubes in quarantine behind them. */
interface Refusals {
  readonly reasons: readonly string[];
  readonly bad: readonly CubeId[];
}

const healing =
  'to heal it, put the original file again; if the disk gave a wrong byte and is repaired, restore what verifies now';
/** Places of one cube that are told. */
const shownPlaces = 16;
/** Cubes that the next command names; a longer line is of no use to anybody. */
const namedCubes = 8;

function restoring(bad: readonly CubeId[]): string {
  const named = [...new Set(bad)];
  return `sherinctl quarantine restore ${named.length > namedCubes ? 'all' : named.join(' ')}`;
}

/** @throws SherinError ID_UNKNOWN */
function cubeReasons(session: Session, cube: CubeId, quarantine: Quarantine): Refusals {
  const item = quarantine.get(cube);
  if (item === undefined) {
    if (session.catalog.find(cube) === undefined) throw new SherinError('ID_UNKNOWN', { id: cube });
    return { reasons: [], bad: [] };
  }
  const reasons = [condemned(item)];
  for (const { path, use } of cubePlaces(session, cube)) {
    if (reasons.length > shownPlaces) break;
    reasons.push(`${range(use)} of ${path} are refused (EACCES)`);
  }
  return { reasons, bad: [cube] };
}

/** @throws SherinError PATH_MISSING, ID_UNKNOWN, ID_MALFORMED */
function fileReasons(session: Session, text: string, quarantine: Quarantine): Refusals {
  const { object } = findTarget(session, text);
  const reasons: string[] = [];
  const bad: CubeId[] = [];
  if (object === null) return { reasons, bad };
  for (const { cube, use } of objectCubes(session.manifest, object)) {
    const item = quarantine.get(cubeIdFromBytes(cube.id));
    if (item === undefined) continue;
    reasons.push(`${range(use)} are refused (EACCES): ${condemned(item)}`);
    bad.push(item.cube);
  }
  return { reasons, bad };
}

function condemned({ cube, time, reason }: QuarantineState): string {
  return `cube ${cube} was put in quarantine at ${isoTime(time)}: ${faultWords(reason)}`;
}

function range({ offset, length }: CubeUse): string {
  return `bytes ${offset}–${offset + length - 1}`;
}
