import { Exit } from '../../common/exit.js';
import { command } from '../definition.js';
import { diagnose } from '../doctor/diagnose.js';

export const doctor = command({
  name: 'doctor',
  summary: 'Check what Sherin needs of this machine, and print the fix for what is wrong',
  details: ['Exit code 1 when a line says fail.'],
  examples: [{ text: 'Before asking for help', line: 'sherinctl doctor' }],
  run: async (session) => {
    const findings = await diagnose(session);
    const failed = findings.filter(({ level }) => level === 'fail').length;
    const { output } = session;
    output.result({ findings, failed }, () => {
      for (const { level, subject, text, fix } of findings) {
        output.line(`${level.padEnd(4)}  ${subject.padEnd(15)} ${output.name(text)}`);
        if (fix !== undefined) output.line(`${''.padEnd(22)}fix: ${output.name(fix)}`);
      }
    });
    return failed === 0 ? Exit.done : Exit.failed;
  },
});
