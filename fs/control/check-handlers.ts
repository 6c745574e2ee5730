import { SherinError } from '../../common/errors.js';
import { asCubeId, type CubeId, cubeIdFromBytes } from '../../common/ids.js';
import { nowNanoseconds } from '../../common/time.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { cubesOf, objectCubes, objectSlots } from '../cube/catalog.js';
import { type CheckedCube, checkCubes, scrubCubes } from '../cube/check.js';
import type { CubeFailure } from '../cube/faults.js';
import { scrubCopy } from '../log-copy/scrub.js';
import { slotFits } from '../manifest/slot-length.js';
import type { ObjectInfo } from '../manifest/tree.js';
import { actorOf } from '../service/actor.js';
import { pathsOf } from '../service/objects/cube-places.js';
import { findTarget } from '../service/objects/target.js';
import type { VaultService } from '../service/service.js';
import type { Session } from '../service/session/session.js';
import { pageOf, toldPaths } from './answer-space.js';
import { type Asker, onBehalf } from './on-behalf.js';
import type { Call, ControlHandlers } from './server.js';

type CheckResult = ControlResult<'verify'>;
const listedFailures = 200;

/** `verify` and `scrub`. */
export function checkHandlers(service: VaultService): Pick<ControlHandlers, 'verify' | 'scrub'> {
  return {
    async verify({ target }, call) {
      const session = await service.settled();
      const result = await verify(session, service.publicKey, scopeOf(session, target), call);
      if (target === undefined) {
        await session.checks.manifest();
        await session.checks.copy();
      }
      const meta = { cubes: result.cubes, failed: result.failed };
      await session.records.record({ event: 'AUDIT_VERIFY', id: null, actor: actorOf(call.peer), meta });
      return result;
    },

    scrub: ({ caller }, call) => scrub(service, onBehalf(call.peer, caller), call),
  };
}

/** What a check looks at: objects with all their cubes, or one cube. */
interface Scope {
  readonly objects: readonly ObjectInfo[];
  readonly cubes: ReadonlyMap<CubeId, CheckedCube>;
}

/** @throws SherinError ID_UNKNOWN, ID_MALFORMED, PATH_MISSING */
function scopeOf(session: Session, target: string | undefined): Scope {
  const id = target === undefined ? undefined : asCubeId(target);
  if (id !== undefined) {
    const cube = session.catalog.find(id);
    if (cube === undefined) throw new SherinError('ID_UNKNOWN', { id });
    return { objects: [], cubes: new Map([[id, { id, cube }]]) };
  }
  const objects = target === undefined ? [...session.manifest.tree.objects()] : objectsAt(session, target);
  const cubes = new Map<CubeId, CheckedCube>();
  for (const object of objects) {
    for (const { cube } of objectCubes(session.manifest, object)) {
      const id = cubeIdFromBytes(cube.id);
      cubes.set(id, { id, cube });
    }
  }
  return { objects, cubes };
}

/** The object of a file, or those of all files below a directory. */
function objectsAt(session: Session, target: string): ObjectInfo[] {
  const { tree } = session.manifest;
  const { ino, object } = findTarget(session, target);
  if (ino === null) return object === null ? [] : [object];
  const found = new Map<number, ObjectInfo>();
  const walk = (at: number): void => {
    const inode = tree.inode(at);
    const content = inode === undefined ? undefined : tree.object(inode.object);
    if (content !== undefined) found.set(content.no, content);
    if (inode?.kind === 'directory') for (const entry of tree.list(at)) walk(entry.ino);
  };
  walk(ino);
  return [...found.values()];
}

async function verify(
  session: Session,
  publicKey: Buffer,
  { objects, cubes }: Scope,
  call: Call,
): Promise<CheckResult> {
  const failures: CheckResult['failures'] = [];
  const bad = new Set<CubeId>();
  const misfits = wrongLengths(session, objects);
  failures.push(...[...misfits.values()].slice(0, listedFailures));
  const total = [...cubes.values()].reduce((sum, { cube }) => sum + cube.length, 0);
  let bytes = 0;
  const checked = await checkCubes(
    session.reader,
    publicKey,
    cubes.values(),
    async (cube, failure) => {
      bad.add(cube.id);
      const quarantined = await settle(session, cube, failure);
      if (failures.length < listedFailures) failures.push(describe(session, cube.id, failure, quarantined));
    },
    (length) => {
      bytes += length;
      call.progress(bytes, total);
      return !call.cancelled();
    },
  );
  const whole = objects.filter((object) => !misfits.has(object));
  if (!call.cancelled()) noteVerified(session, whole, bad);
  const failed = bad.size + misfits.size;
  return { files: objects.length, cubes: checked, bytes, failures: pageOf(failures).page, failed };
}

/** Objects with a slot that has another length than they have there: told under the cube that it is in. */
function wrongLengths(
  session: Session,
  objects: readonly ObjectInfo[],
): ReadonlyMap<ObjectInfo, CheckResult['failures'][number]> {
  const found = new Map<ObjectInfo, CheckResult['failures'][number]>();
  for (const object of objects) {
    for (const used of objectSlots(session.manifest, object)) {
      if (slotFits(used, object.length)) continue;
      const [cube] = cubesOf(used.slot);
      const id = cube === undefined ? null : cubeIdFromBytes(cube.id);
      const paths = id === null ? [] : toldPaths(pathsOf(session, id));
      found.set(object, { cube: id ?? object.id, fault: 'length', paths, quarantined: false });
      break;
    }
  }
  return found;
}

function noteVerified(session: Session, objects: readonly ObjectInfo[], bad: ReadonlySet<CubeId>): void {
  const now = nowNanoseconds();
  for (const object of objects) {
    const ids = Array.from(objectCubes(session.manifest, object), ({ cube }) => cubeIdFromBytes(cube.id));
    if (!ids.some((id) => bad.has(id))) session.noteVerified(object.no, now);
  }
}

/** A failed check takes the way of a failed read; a bad signature over good content is reported only. */
async function settle(session: Session, { id, cube }: CheckedCube, failure: CubeFailure): Promise<boolean> {
  if (failure.fault === 'signature') return false;
  if (!session.isQuarantined(id)) {
    await session.faults.handle(cube, failure).catch((error: unknown) => {
      if (!(error instanceof SherinError) || error.code === 'LOCKED') throw error;
    });
  }
  return session.isQuarantined(id);
}

function describe(
  session: Session,
  id: CubeId,
  failure: CubeFailure,
  quarantined: boolean,
): CheckResult['failures'][number] {
  const { vertex, fault } = failure;
  return {
    cube: id,
    fault,
    ...(vertex === undefined ? {} : { vertex }),
    paths: toldPaths(pathsOf(session, id)),
    quarantined,
  };
}

async function scrub(service: VaultService, who: Asker, call: Call): Promise<CheckResult> {
  // Without keys it checks against the public key that this machine remembers, never one that only the vault names.
  if (!service.remembered) await service.settled();
  const failures: CheckResult['failures'] = [];
  let failed = 0;
  const cubes = await scrubCubes(
    service,
    () => service.current()?.manifest.cubeCount() ?? 0,
    (name, fault) => {
      failed += 1;
      if (failures.length < listedFailures) {
        failures.push({ cube: name.slice(0, 64), fault, paths: [], quarantined: false });
      }
    },
    (done, total) => {
      call.progress(done, total);
      return !call.cancelled();
    },
  );
  for (const { path, fault } of await scrubCopy(service.vaultFd, service)) {
    failed += 1;
    if (failures.length < listedFailures) failures.push({ cube: path, fault, paths: [], quarantined: false });
  }
  await service.note({ event: 'AUDIT_SCRUB', id: null, actor: actorOf(who), meta: { cubes, failed } });
  return { files: 0, cubes, bytes: 0, failures, failed };
}
