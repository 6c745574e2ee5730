/** What `npm start` tells a person. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Places } from '../common/environment.js';
import { shellWord } from '../common/shell-word.js';
import type { Facts } from './sherinctl.js';

export function vaultMade(vault: string, recoveryFile: string): string {
  return `
A vault was made in ${vault}.

Its recovery key is in ${recoveryFile} (only you can read that file).
It opens the vault when the TPM no longer does. Whoever has it and the vault can
read everything; without it, a lost TPM means lost files. Move it away from this
machine now: print it or put it on a stick, then delete the file.`;
}

export const softwareTpm = `
This machine has no TPM that Sherin may use, so a software TPM (swtpm) keeps the
key. A copy of the vault alone opens nothing. But whoever can read this account's
files can also read the software TPM's state: against them it does not protect.
For that you need a hardware TPM, or a vault with a PIN: sherinctl init --pin`;

/** sherinctl, and where a link to it is on the PATH. */
const program = fileURLToPath(new URL('../cli/main.js', import.meta.url));
const linkPlace = process.getuid?.() === 0 ? '/usr/local/bin/sherinctl' : '~/.local/bin/sherinctl';

export function firstScreen(where: Places, facts: Facts): string {
  const sample = join(facts.mount, 'files/sample');
  return `
Sherin is running.

  files    ${join(facts.mount, 'files')}   (any program can read and write there)
  vault    ${where.vault}
  tpm      ${facts.tpm}

Try:
  ls -lR ${shellWord(sample)}
  cat ${shellWord(join(sample, 'welcome.txt'))}
  getfattr -n user.sherin.id ${shellWord(join(sample, 'picture.png'))}

  npx sherinctl put ~/Documents        bring many files in quickly
  npx sherinctl get files/sample ./out copy them out again, verified
  npx sherinctl verify                 check every byte
  npx sherinctl task submit '17 * 23'  have a bot calculate
  npx sherinctl task list              tells its result; npx sherinctl cat RESULT_… shows it
  npx sherinctl lock                   wipe the keys: reads are refused until
  npx sherinctl unlock
  npx sherinctl status
  npx sherinctl down                   stop; npm start brings all back

npx works in this directory only. To call sherinctl from anywhere:
  ln -s ${shellWord(program)} ${linkPlace}`;
}
