/** What the rules say of one object, for people. */
import {
  type AccessDecision,
  type Place,
  type Subject,
  strictestDecision,
} from '../../../common/access/decide.js';
import type { AccessOperation, AccessRule } from '../../../common/access/rules.js';
import { asSherinId, looksLikeSherinId } from '../../../common/ids.js';
import { treePath } from '../../tree-path.js';
import type { Session } from '../session/session.js';
import { placeOfPath, placesOf, placesOfId } from './places.js';

export interface Explained {
  /** Null: for what is elsewhere than in `files/`. */
  readonly path: string | null;
  readonly decision: AccessDecision;
}

/** The decision about a target, and about each place that it has; a path where nothing is yet stands for itself. */
export function explainAccess(
  session: Session,
  target: string,
  operation: AccessOperation,
  subject: Subject,
): { readonly decision: AccessDecision; readonly places: readonly Explained[] } {
  const { set } = session.rules;
  const places = placesOfTarget(session, target).map((place) => ({
    path: place.path === null ? null : `files/${place.path.join('/')}`,
    decision: set.decide(operation, [place], subject),
  }));
  return { decision: strictestDecision(places.map(({ decision }) => decision)), places };
}

/** Sentences about what rules deny at a target, and to whom. */
export function denialReasons(session: Session, target: string): readonly string[] {
  const { record, set } = session.rules;
  if (record === null)
    return [
      'the access rules can not be read, so everything is denied to everybody until they are healed or set anew',
    ];
  const denials = placesOfTarget(session, target).flatMap((place) => set.denialsAt(place));
  return [
    ...new Set(
      denials.map(
        ({ rule, who, operations }) =>
          `access rule ${rule} denies ${operations.join(', ')} to ${whoText(who)} (EACCES)`,
      ),
    ),
  ];
}

/** `uid 1000`, as people read it. */
function whoText(who: AccessRule['who']): string {
  if (who === 'anyone') return who;
  if ('uid' in who) return `uid ${who.uid}`;
  return 'gid' in who ? `group ${who.gid}` : `bot ${who.bot}`;
}

function placesOfTarget({ tree }: Session, target: string): readonly Place[] {
  const names = treePath(target);
  const found = tree.find(names);
  if (found !== undefined) return placesOf(tree, found.ino);
  if (looksLikeSherinId(target)) return placesOfId(tree, asSherinId(target));
  return [placeOfPath(tree, names)];
}
