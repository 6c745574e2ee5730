import { closeSync, openSync, rmSync } from 'node:fs';
import { localError } from '../../common/local-error.js';
import { command, flag, group, text } from '../definition.js';
import { Progress } from '../output/progress.js';
import { formatCount } from '../output/units.js';
import { publicKeyLine, runVerifier } from '../service/verifier.js';

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

const exported = command({
  name: 'export',
  summary:
    'Write the manifest as signed JSON: objects with their paths and policy, and the cubes they are made of',
  details: [
    'Of each cube the hash is that of its ciphertext, so that the export confirms no content. With --plaintext-roots it also has the hashes of the decrypted cubes: for who may know what is in them. manifest verify checks it with the public key alone.',
  ],
  args: [{ form: '<file>', text: 'a new file', completes: 'file' }],
  options: { plaintextRoots: flag('--plaintext-roots', 'hashes of the decrypted cubes, too') },
  examples: [{ text: 'Keep it beside a backup', line: 'sherinctl manifest export vault-manifest.json' }],
  run: async (session, [path = ''], { plaintextRoots }) => {
    const { output } = session;
    const fd = newFile(path);
    const progress = new Progress('manifest export', 'cubes', output.json);
    try {
      const made = await session
        .connect()
        .call(
          'manifest.export',
          { plaintextRoots },
          { fds: [fd], progress: (done, total) => progress.update(done, total) },
        );
      progress.stop();
      output.result(made, () =>
        output.line(`exported ${formatCount(made.objects, 'object')} in ${formatCount(made.cubes, 'cube')}`),
      );
    } catch (error) {
      rmSync(path, { force: true });
      throw error;
    } finally {
      progress.stop();
      closeSync(fd);
    }
  },
});

const verify = command({
  name: 'verify',
  summary: 'Check an export of the manifest with the public key alone',
  details: [
    'Without --key the key is the one that this machine remembers of the vault, never one from the vault itself.',
  ],
  args: [{ form: '<file>', text: 'the export; - for the standard input', completes: 'file' }],
  options: { key: text('--key <file>', 'public key of the vault', 'file') },
  examples: [{ text: 'Check it', line: 'sherinctl manifest verify vault-manifest.json' }],
  run: (session, [file = ''], { key }) => runVerifier(session, ['manifest', file], key),
});

/** @throws SherinError PATH_EXISTS, LOCAL_FILE */
function newFile(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    throw localError(path, error);
  }
}

export const manifest = group(
  {
    name: 'manifest',
    summary: 'What the vault signs, for others to check without a key that reads',
    examples: [{ text: 'The public key', line: 'sherinctl manifest public-key' }],
  },
  [exported, verify, publicKey],
);
