/** What `backup` and `restore-backup` say of the cubes they copied. */
import { z } from 'zod';
import { cubeFaultText } from '../../common/cube-faults.js';
import type { Output } from './output.js';
import { formatCount } from './units.js';

const count = z.int().nonnegative();

/** As sherin-fs tells it. */
export const copied = {
  /** In the source. */
  total: count,
  copied: count,
  bytes: count,
  /** Were there already, bad, and were replaced. */
  replaced: count,
  failed: count,
  failures: z.array(z.strictObject({ cube: z.string(), fault: z.string() })),
};

/** The cubes that could not be copied. */
export function listFailures(
  {
    failed,
    failures,
  }: { readonly failed: number; readonly failures: readonly { cube: string; fault: string }[] },
  output: Output,
): void {
  for (const { cube, fault } of failures) output.line(`cube ${output.name(cube)}: ${cubeFaultText(fault)}`);
  const more = failed - failures.length;
  if (more > 0) output.line(`and ${formatCount(more, 'cube')} more`);
}
