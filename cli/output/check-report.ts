/** What `verify` and `scrub` say about the cubes they looked at. */
import { Exit, type ExitCode } from '../../common/exit.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import type { Output } from './output.js';
import { formatBytes, formatCount } from './units.js';

/** Prints a check's result; its exit code is 3 when something failed. */
export function reportCheck(result: ControlResult<'verify'>, output: Output, done: string): ExitCode {
  output.result(result, () => {
    for (const { cube, fault, vertex, quarantined, paths } of result.failures) {
      const where = vertex === undefined ? '' : `, vertex ${vertex}`;
      output.line(`cube ${output.name(cube)}: ${fault}${where}${quarantined ? ' (quarantined)' : ''}`);
      for (const path of paths) output.line(`  ${output.name(path)}`);
    }
    const more = result.failed - result.failures.length;
    if (more > 0) output.line(`and ${formatCount(more, 'failure')} more`);
    const amounts = [
      ...(result.files > 0 ? [formatCount(result.files, 'file')] : []),
      formatCount(result.cubes, 'cube'),
      ...(result.bytes > 0 ? [formatBytes(result.bytes)] : []),
    ];
    output.line(`${done} ${amounts.join(', ')}: ${formatCount(result.failed, 'failure')}`);
    if (done === 'scrubbed' && result.failed > 0) output.line('next: sherinctl verify');
  });
  return result.failed === 0 ? Exit.done : Exit.verification;
}
