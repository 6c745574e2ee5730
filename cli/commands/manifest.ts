import { command, group } from '../definition.js';
import { publicKeyLine } from '../service/verifier.js';

const publicKey = command({
  name: 'public-key',
  summary:
    'Print the public key of the vault: who has it can check all that the vault signs, and read nothing',
  details: [
    'One line, as this machine remembers it (known_vaults), never from the vault itself. sherin-verify, one file of this package (dist/sherin-verify.mjs), takes it on any machine with Node: audit logs, heads, proofs and stored cubes.',
  ],
  examples: [{ text: 'For another machine', line: 'sherinctl manifest public-key > vault.pub' }],
  run: async (session) => {
    const line = await publicKeyLine(session);
    const [, , vault, key] = line.split(' ');
    session.output.result({ vault, publicKey: key }, () => session.output.line(line));
  },
});

export const manifest = group(
  {
    name: 'manifest',
    summary: 'What others need to check the vault without a key that reads',
    examples: [{ text: 'The public key', line: 'sherinctl manifest public-key' }],
  },
  [publicKey],
);
