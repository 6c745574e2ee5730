import { Exit } from '../../common/errors.js';
import type { ControlResult } from '../../daemon/protocol/control.js';
import { command, text } from '../definition.js';
import type { Output } from '../output/output.js';
import { Progress } from '../output/progress.js';
import { formatBytes, formatCount } from '../output/units.js';
import { compareSums, readSums } from '../transfer/sha256sums.js';
import { vaultPath, vaultTarget } from '../vault-path.js';

type CheckResult = ControlResult<'verify'>;

export const verify = command({
  name: 'verify',
  summary: 'Decrypt and check content, signatures included',
  details: [
    'What fails is quarantined. With --sha256sums the decrypted content below PATH is compared with a list as sha256sum(1) writes it.',
  ],
  args: [{ form: '[target]', text: 'a path or ID; without it, everything', completes: 'vault-path' }],
  options: {
    sha256sums: text('--sha256sums <file>', 'compare with this list; its names are relative to PATH', 'file'),
  },
  examples: [
    { text: 'Everything', line: 'sherinctl verify' },
    { text: 'Against the originals', line: 'sherinctl verify files/doc --sha256sums doc.sha256' },
  ],
  run: async (session, [target], { sha256sums }) => {
    const client = session.connect();
    const { output } = session;
    if (sha256sums !== undefined) {
      const path = vaultPath(target ?? '', session.places);
      const result = await compareSums(client, path, readSums(sha256sums), output);
      output.result(result, () => {
        for (const { path: name, message } of result.failures)
          output.line(`${output.name(name)}: ${message}`);
        output.line(
          `${formatCount(result.same, 'file')} of ${result.listed.toLocaleString('en-US')} as listed`,
        );
      });
      if (result.failures.length === 0) return Exit.done;
      return result.failures.some(({ differs }) => differs) ? Exit.verification : Exit.failed;
    }
    const progress = new Progress('verify', 'bytes', output.json);
    try {
      const params = target === undefined ? {} : { target: vaultTarget(target, session.places) };
      const result = await client.call('verify', params, {
        progress: (done, total) => progress.update(done, total),
      });
      progress.stop();
      return report(result, output, 'verified');
    } finally {
      progress.stop();
    }
  },
});

export const scrub = command({
  name: 'scrub',
  summary: 'Check every stored cube without a key: shape, ciphertext, signature',
  details: ['What fails is quarantined.'],
  examples: [{ text: 'Once a month', line: 'sherinctl scrub' }],
  run: async (session) => {
    const progress = new Progress('scrub', 'bytes', session.output.json);
    try {
      const result = await session
        .connect()
        .call('scrub', {}, { progress: (done, total) => progress.update(done, total) });
      progress.stop();
      return report(result, session.output, 'scrubbed');
    } finally {
      progress.stop();
    }
  },
});

/** Prints a check's result; 3 when something failed. */
function report(
  result: CheckResult,
  output: Output,
  done: string,
): typeof Exit.done | typeof Exit.verification {
  output.result(result, () => {
    for (const failure of result.failures) {
      const where = failure.vertex === undefined ? '' : `, vertex ${failure.vertex}`;
      output.line(
        `cube ${failure.cube}: ${failure.fault}${where}${failure.quarantined ? ' (quarantined)' : ''}`,
      );
      for (const path of failure.paths) output.line(`  ${output.name(path)}`);
    }
    const more = result.failed - result.failures.length;
    if (more > 0) output.line(`and ${formatCount(more, 'failure')} more`);
    const files = result.files > 0 ? `${formatCount(result.files, 'file')}, ` : '';
    output.line(
      `${done} ${files}${formatCount(result.cubes, 'cube')}, ${formatBytes(result.bytes)}: ${formatCount(result.failed, 'failure')}`,
    );
  });
  return result.failed === 0 ? Exit.done : Exit.verification;
}
