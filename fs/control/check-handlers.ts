import { SherinError } from '../../common/errors.js';
import { type CubeId, cubeIdFromBytes, cubeIdToBytes, parseCubeId } from '../../common/ids.js';
import { bytesToText } from '../../common/names.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { scrubCube } from '../../native/index.js';
import { objectCubes } from '../cube/catalog.js';
import { type CheckedCube, checkCubes } from '../cube/check.js';
import type { CubeFailure } from '../cube/faults.js';
import type { ObjectInfo } from '../manifest/tree.js';
import { actorOf } from '../service/actor.js';
import type { VaultService } from '../service/service.js';
import type { Session } from '../service/session.js';
import { asCubeId, findTarget } from '../service/target.js';
import type { Call, ControlHandlers } from './server.js';

type CheckResult = ControlResult<'verify'>;
const listedFailures = 200;

/** `verify` and `scrub`. */
export function checkHandlers(service: VaultService): Pick<ControlHandlers, 'verify' | 'scrub'> {
  return {
    async verify({ target }, call) {
      const session = await service.unlocked();
      const objects = target === undefined ? null : findObjects(session, target);
      const result = await verifyObjects(service, session, objects, target, call);
      if (target === undefined) await session.manifest.verifyLog();
      const meta = { cubes: result.cubes, failed: result.failed };
      await session.record({ event: 'AUDIT_VERIFY', id: null, actor: actorOf(call.peer), meta });
      return result;
    },

    async scrub(_, call) {
      return scrub(service, call);
    },
  };
}

function findObjects(session: Session, target: string): ObjectInfo[] | null {
  if (asCubeId(target) !== undefined) return null;
  const { ino, object } = findTarget(session, target);
  if (ino === null) return object === null ? [] : [object];
  const found = new Map<number, ObjectInfo>();
  const walk = (at: number): void => {
    const inode = session.manifest.tree.inode(at);
    const content = inode === undefined ? undefined : session.manifest.tree.object(inode.object);
    if (content !== undefined) found.set(content.no, content);
    if (inode?.kind === 'directory') for (const entry of session.manifest.tree.list(at)) walk(entry.ino);
  };
  walk(ino);
  return [...found.values()];
}

async function verifyObjects(
  service: VaultService,
  session: Session,
  only: readonly ObjectInfo[] | null,
  target: string | undefined,
  call: Call,
): Promise<CheckResult> {
  const cubes = new Map<CubeId, CheckedCube>();
  const cubeTarget = target === undefined ? undefined : asCubeId(target);
  const objects = only ?? (cubeTarget === undefined ? [...session.manifest.tree.objects()] : []);
  for (const object of objects) {
    for (const { cube } of objectCubes(session.manifest, object)) {
      const id = cubeIdFromBytes(cube.id);
      if (!cubes.has(id)) cubes.set(id, { id, cube });
    }
  }
  if (cubeTarget !== undefined) {
    const cube = session.catalog.find(cubeTarget);
    if (cube === undefined) throw new SherinError('ID_UNKNOWN', { id: cubeTarget });
    cubes.set(cubeTarget, { id: cubeTarget, cube });
  }
  const failures: CheckResult['failures'] = [];
  const bad = new Set<CubeId>();
  const total = [...cubes.values()].reduce((sum, { cube }) => sum + cube.length, 0);
  let bytes = 0;
  const checked = await checkCubes(
    session.reader,
    service.publicKey,
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
  for (const object of objects) {
    let good = true;
    for (const { cube } of objectCubes(session.manifest, object)) good &&= !bad.has(cubeIdFromBytes(cube.id));
    if (good && !call.cancelled()) session.noteVerified(object.no, BigInt(Date.now()) * 1_000_000n);
  }
  return { files: objects.length, cubes: checked, bytes, failures, failed: bad.size };
}

/** A failed check takes the way of a failed read; a bad signature over good content is reported only. */
async function settle(session: Session, { id, cube }: CheckedCube, failure: CubeFailure): Promise<boolean> {
  if (failure.fault === 'signature') return false;
  if (!session.isQuarantined(id)) {
    await session.faults.handle(cube, failure).catch((error: unknown) => {
      if (!(error instanceof SherinError)) throw error;
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
    paths: pathsOf(session, id),
    quarantined,
  };
}

/** Up to 16 paths whose content holds the cube. */
export function pathsOf(session: Session, id: CubeId): string[] {
  const paths = new Set<string>();
  for (const use of session.catalog.uses(id)) {
    for (const ino of session.manifest.tree.inodesOf(use.object)) {
      if (paths.size >= 16) return [...paths];
      paths.add(`files/${bytesToText(session.manifest.tree.path(ino) ?? Buffer.alloc(0))}`);
    }
  }
  return [...paths];
}

async function scrub(service: VaultService, call: Call): Promise<CheckResult> {
  const failures: CheckResult['failures'] = [];
  let cubes = 0;
  let failed = 0;
  for await (const name of service.store.stored()) {
    if (call.cancelled()) break;
    cubes += 1;
    const fault = await scrubOne(service, name);
    call.progress(cubes, Math.max(cubes, service.current()?.manifest.cubeCount() ?? 0));
    if (fault === null) continue;
    failed += 1;
    if (failures.length < listedFailures) {
      failures.push({ cube: name.slice(0, 64), fault, paths: [], quarantined: false });
    }
  }
  return { files: 0, cubes, bytes: 0, failures, failed };
}

async function scrubOne(service: VaultService, name: string): Promise<string | null> {
  if (asCubeId(name) === undefined) return 'malformed';
  const id = cubeIdToBytes(parseCubeId(name));
  const result = await scrubCube(service.vaultFd, id, service.uuid, service.publicKey);
  return result.ok ? null : result.fault;
}
