import { Exit } from '../../common/exit.js';
import { command, text } from '../definition.js';
import { reportCheck } from '../output/check-report.js';
import { Progress } from '../output/progress.js';
import { formatCount } from '../output/units.js';
import { compareSums, readSums } from '../transfer/sha256sums.js';
import { vaultPath, vaultTarget } from '../vault-path.js';

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
      return reportCheck(result, output, 'verified');
    } finally {
      progress.stop();
    }
  },
});
