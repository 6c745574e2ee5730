import { command } from '../definition.js';
import { reportCheck } from '../output/check-report.js';
import { Progress } from '../output/progress.js';

export const scrub = command({
  name: 'scrub',
  summary: 'Check every stored cube without a key: shape, ciphertext, signature',
  details: ['Works while the vault is locked. What fails is reported; verify puts it into quarantine.'],
  examples: [{ text: 'Once a month', line: 'sherinctl scrub' }],
  run: async (session) => {
    const progress = new Progress('scrub', 'cubes', session.output.json);
    try {
      const result = await session
        .connect()
        .call('scrub', {}, { progress: (done, total) => progress.update(done, total) });
      progress.stop();
      return reportCheck(result, session.output, 'scrubbed');
    } finally {
      progress.stop();
    }
  },
});
