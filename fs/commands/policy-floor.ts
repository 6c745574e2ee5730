import { accessRulesSchema, mostRulesBytes } from '../../common/access/rules.js';
import type { Places } from '../../common/environment.js';
import { SherinError } from '../../common/errors.js';
import { makeLogger } from '../../common/log.js';
import { gates } from '../../common/policy-floor.js';
import { readAtMost } from '../../common/read-at-most.js';
import { Secret } from '../../native/index.js';
import { actorOf } from '../service/actor.js';
import { changeFloor, type Floor } from '../service/keys/policy-floor.js';
import { VaultService } from '../service/service.js';
import { openLocked } from '../vault/open.js';

export interface PolicyFloorOptions {
  readonly recoveryFd: number;
  readonly confidence?: number;
  readonly empathy?: number;
  readonly safety?: number;
  /** Path of a JSON file. */
  readonly rules?: string;
  readonly json: boolean;
}

/** Longest recovery key, bytes. */
const secretLimit = 1024;

/** Changes the floor of the policy in a vault that nothing serves, by its recovery key. */
export async function policyFloor(where: Places, options: PolicyFloorOptions): Promise<void> {
  const { confidence, empathy, safety, json } = options;
  const rules = options.rules === undefined ? null : floorRules(options.rules);
  const locked = await openLocked(where.vault, where);
  const service = new VaultService(locked, makeLogger('sherin-fs'), { wholeCube: false });
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const user = { uid, gid, pid: process.pid, groups: process.getgroups?.() ?? [] };
  try {
    await service.requireKeyMemory(user);
    const text = Secret.readFd(options.recoveryFd, secretLimit);
    try {
      await service.unlock({ slot: 'recovery', text, acceptRollback: false }, user);
    } finally {
      text.wipe();
    }
    const wanted = { thresholds: { confidence, empathy, safety }, rules };
    tell(await changeFloor(await service.unlocked(), wanted, actorOf(user)), json);
  } finally {
    await service.stop(user);
  }
}

/** @throws SherinError LOCAL_FILE, USAGE */
function floorRules(path: string) {
  let text: string;
  try {
    text = readAtMost(path, mostRulesBytes).toString();
  } catch (error) {
    if (error instanceof SherinError) throw error;
    throw new SherinError('LOCAL_FILE', { path, part: 'it can not be read' }, { cause: error });
  }
  const parsed = accessRulesSchema.safeParse(parsedJson(text));
  if (!parsed.success)
    throw new SherinError('USAGE', { what: `${path}: ${parsed.error.issues[0]?.message ?? 'no rules'}` });
  if (parsed.data.some(({ effect }) => effect !== 'deny'))
    throw new SherinError('USAGE', { what: `${path}: rules of the floor only deny` });
  return parsed.data;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tell({ thresholds, rules }: Floor, asJson: boolean): void {
  const lines = gates.map((gate) => `${`${gate}:`.padEnd(12)}at least ${thresholds[gate]}`);
  const text = [...lines, `${'rules:'.padEnd(12)}${rules.length}`].join('\n');
  process.stdout.write(`${asJson ? JSON.stringify({ floor: thresholds, rules }) : text}\n`);
}
