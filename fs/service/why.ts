import { SherinError } from '../../common/errors.js';
import { bytesToText } from '../../common/names.js';
import type { Why } from '../../daemon/protocol/control.js';
import { objectCubes } from '../cube/catalog.js';
import { faultWords } from '../cube/faults.js';
import type { Session } from './session.js';
import { asCubeId, findTarget } from './target.js';

function timeText(nanoseconds: bigint): string {
  return new Date(Number(nanoseconds / 1_000_000n)).toISOString();
}

/** An error as reasons and the next command, which is another than the one that asks. */
export function whyError(error: SherinError): Why {
  const hint = error.hint.replace(/^see: sherinctl why(; |$)/, '');
  const command = /sherinctl [a-z][^;,]*/.exec(hint)?.[0] ?? null;
  return { reasons: hint === '' ? [error.message] : [error.message, hint], next: command };
}

/** Reasons behind a refusal of content: the quarantined cubes of a file, or one cube. */
export function whyContent(session: Session, text: string): Why {
  const cube = asCubeId(text);
  const reasons: string[] = [];
  const quarantine = new Map([...session.manifest.tree.quarantine()].map((item) => [item.cube, item]));
  if (cube !== undefined) {
    const item = quarantine.get(cube);
    if (item === undefined) {
      const known = session.catalog.find(cube) !== undefined;
      if (!known) throw new SherinError('ID_UNKNOWN', { id: cube });
      return { reasons: [`cube ${cube} is in use and not in quarantine`], next: null };
    }
    reasons.push(`cube ${cube} was put in quarantine at ${timeText(item.time)}: ${faultWords(item.reason)}`);
    for (const use of session.catalog.uses(cube).slice(0, 16)) {
      for (const ino of session.manifest.tree.inodesOf(use.object).slice(0, 4)) {
        const path = bytesToText(session.manifest.tree.path(ino) ?? Buffer.alloc(0));
        reasons.push(
          `bytes ${use.offset}–${use.offset + use.length - 1} of files/${path} are refused (EACCES)`,
        );
      }
    }
  } else {
    const { object } = findTarget(session, text);
    if (object !== null) {
      for (const { cube: ref, use } of objectCubes(session.manifest, object)) {
        const id = session.idOf(ref);
        const item = quarantine.get(id);
        if (item === undefined) continue;
        reasons.push(
          `bytes ${use.offset}–${use.offset + use.length - 1} are refused (EACCES): cube ${id} was put in quarantine at ${timeText(item.time)}: ${faultWords(item.reason)}`,
        );
      }
    }
    if (reasons.length === 0) return { reasons: [`nothing refuses ${text}`], next: null };
  }
  return {
    reasons,
    next: 'sherinctl put SRC DEST (the original file heals it), or sherinctl quarantine restore',
  };
}
