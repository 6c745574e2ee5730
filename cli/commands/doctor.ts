import { Exit } from '../../common/exit.js';
import { command, flag } from '../definition.js';
import { diagnose } from '../doctor/diagnose.js';
import { diagnoseNextBoot } from '../doctor/next-boot.js';
import { asCalled } from '../output/invocation.js';

export const doctor = command({
  name: 'doctor',
  summary: 'Check what Sherin needs of this machine, and print the fix for what is wrong',
  details: [
    'Exit code 1 when a line says fail.',
    'With --next-boot it compares Secure Boot variables, boot entries and boot programs as they are now with what was measured in this boot, and tells for each TPM slot whether it will open after a restart. What boot programs find by themselves, such as the configuration of GRUB, can not be told before.',
  ],
  options: {
    nextBoot: flag('--next-boot', 'tell whether the vault will open after a restart, instead'),
  },
  examples: [
    { text: 'Before asking for help', line: 'sherinctl doctor' },
    {
      text: 'After an update of firmware, dbx or boot loader, before the restart',
      line: 'sherinctl doctor --next-boot',
    },
  ],
  run: async (session, _, { nextBoot }) => {
    const findings = await (nextBoot ? diagnoseNextBoot(session) : diagnose(session));
    const failed = findings.filter(({ level }) => level === 'fail').length;
    const { output } = session;
    output.result({ findings, failed }, () => {
      for (const { level, subject, text, fix } of findings) {
        output.line(`${level.padEnd(4)}  ${subject.padEnd(15)} ${output.name(asCalled(text))}`);
        if (fix !== undefined) output.line(`${''.padEnd(22)}${asCalled(`fix: ${output.name(fix)}`)}`);
      }
    });
    return failed === 0 ? Exit.done : Exit.failed;
  },
});
