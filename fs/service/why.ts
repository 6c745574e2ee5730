import { SherinError } from '../../common/errors.js';
import { asCubeId, type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import { isoTime } from '../../common/time.js';
import type { Why } from '../../daemon/protocol/control.js';
import { type CubeUse, objectCubes } from '../cube/catalog.js';
import { faultWords } from '../cube/faults.js';
import type { QuarantineState } from '../manifest/state.js';
import { cubePlaces } from './cube-places.js';
import type { Session } from './session.js';
import { findTarget } from './target.js';

/** An error as reasons and the next command, which is another than the one that asks. */
export function whyError(error: SherinError): Why {
  const hint = error.hint.replace(/^see: sherinctl why(; |$)/, '');
  const command = /sherinctl [a-z][^;,]*/.exec(hint)?.[0] ?? null;
  return { reasons: hint === '' ? [error.message] : [error.message, hint], next: command };
}

/** Reasons behind a refusal of content: the quarantined cubes of a file, or one cube. */
export function whyContent(session: Session, text: string): Why {
  const cube = asCubeId(text);
  const quarantine = new Map([...session.manifest.tree.quarantine()].map((item) => [item.cube, item]));
  const reasons =
    cube === undefined ? fileReasons(session, text, quarantine) : cubeReasons(session, cube, quarantine);
  if (reasons.length > 0) return { reasons, next: healing };
  const nothing =
    cube === undefined ? `nothing refuses ${text}` : `cube ${cube} is in use and not in quarantine`;
  return { reasons: [nothing], next: null };
}

type Quarantine = ReadonlyMap<CubeId, QuarantineState>;

const healing = 'sherinctl put SRC DEST (the original file heals it), or sherinctl quarantine restore';
/** Places of one cube that are told. */
const shownPlaces = 16;

/** @throws SherinError ID_UNKNOWN */
function cubeReasons(session: Session, cube: CubeId, quarantine: Quarantine): string[] {
  const item = quarantine.get(cube);
  if (item === undefined) {
    if (session.catalog.find(cube) === undefined) throw new SherinError('ID_UNKNOWN', { id: cube });
    return [];
  }
  const reasons = [condemned(item)];
  for (const { path, use } of cubePlaces(session, cube)) {
    if (reasons.length > shownPlaces) break;
    reasons.push(`${range(use)} of ${path} are refused (EACCES)`);
  }
  return reasons;
}

/** @throws SherinError PATH_MISSING, ID_UNKNOWN, ID_MALFORMED */
function fileReasons(session: Session, text: string, quarantine: Quarantine): string[] {
  const { object } = findTarget(session, text);
  const reasons: string[] = [];
  if (object === null) return reasons;
  for (const { cube, use } of objectCubes(session.manifest, object)) {
    const item = quarantine.get(cubeIdFromBytes(cube.id));
    if (item !== undefined) reasons.push(`${range(use)} are refused (EACCES): ${condemned(item)}`);
  }
  return reasons;
}

function condemned({ cube, time, reason }: QuarantineState): string {
  return `cube ${cube} was put in quarantine at ${isoTime(time)}: ${faultWords(reason)}`;
}

function range({ offset, length }: CubeUse): string {
  return `bytes ${offset}–${offset + length - 1}`;
}
