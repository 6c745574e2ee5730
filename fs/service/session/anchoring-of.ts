import { commandTarget, fileTarget, type KeepLine } from '../../audit/anchor-target.js';
import { Anchoring, type AnchoringOptions } from '../../audit/anchoring.js';

/** As SHERIN_ANCHOR_FILE and SHERIN_ANCHOR_COMMAND say; null where they say nothing. */
export function anchoringOf(
  uuid: Buffer,
  record: AnchoringOptions['record'],
  env: NodeJS.ProcessEnv = process.env,
): Anchoring | null {
  const { SHERIN_ANCHOR_FILE: file = '', SHERIN_ANCHOR_COMMAND: command = '' } = env;
  const targets: KeepLine[] = [
    ...(file === '' ? [] : [fileTarget(file)]),
    ...(command === '' ? [] : [commandTarget(command)]),
  ];
  if (targets.length === 0) return null;
  const keep: KeepLine = async (line) => {
    const kept = await Promise.allSettled(targets.map((target) => target(line)));
    const failed = kept.find((one) => one.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
  return new Anchoring({ uuid, record, keep });
}
