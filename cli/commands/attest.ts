import { closeSync, constants, openSync, readSync } from 'node:fs';
import { longestAttestation } from '../../common/attestation/attestation.js';
import { type Attested, verifyAttestation } from '../../common/attestation/verify.js';
import { SherinError, systemCode } from '../../common/errors.js';
import { nowNanoseconds } from '../../common/time.js';
import { type CommandDefinition, command, many, text } from '../definition.js';
import type { Output } from '../output/output.js';
import { formatCount, formatTime } from '../output/units.js';
import { expectedPcrs, keyNameOf, nonceOf, publicKeyOf } from '../service/attestation-words.js';
import { parseDuration } from '../transfer/duration.js';

const nonce = text('--nonce <hex>', 'random bytes that the verifier chose, 16 to 64 of them', 'nothing');

const key = command({
  name: 'key',
  summary:
    "Show what a verifier notes of the vault: its public key, and the Name of its TPM's attestation key",
  details: [
    'To be noted while the machine can be trusted, and kept elsewhere: an attestation proves that it comes from the same vault and the same TPM as these.',
  ],
  examples: [{ text: 'To be kept elsewhere', line: 'sherinctl attest key --json' }],
  run: async (session) => {
    const found = await session.connect().call('attest.key', {});
    session.output.result(found, () => {
      session.output.line(`public key: ${found.publicKey}`);
      session.output.line(`key:        ${found.keyName}`);
      session.output.line(`tpm:        ${found.tpm}`);
    });
  },
});

const verify = command({
  name: 'verify',
  summary: 'Check an attestation, elsewhere: without TPM, vault or key',
  details: [
    "What it proves depends on the TPM. With --key, a hardware TPM's quote under a key that was noted on a trusted machine says what that machine has started; without --key there is only the vault's word that the key is one of a TPM, and whoever holds the vault's keys could have made it up. A software TPM proves nothing against who can read or write its state.",
    'The certificate of the maker of the TPM is not checked.',
  ],
  args: [
    { form: '<file>', text: 'what sherinctl attest has printed; - for standard input', completes: 'file' },
  ],
  options: {
    nonce,
    publicKey: text(
      '--public-key <key>',
      'of the vault, in base64 or hex, as attest key prints it',
      'nothing',
    ),
    key: text('--key <name>', 'Name of the attestation key that is known from before, in hex', 'nothing'),
    pcr: many('--pcr <value...>', 'what a PCR must be, such as 7=HEX', 'nothing'),
    maxAge: text('--max-age <time>', 'how old it may be, such as 12h (default: 1h)', 'nothing'),
  },
  examples: [
    {
      text: 'Under a known key',
      line: 'sherinctl attest verify quote.json --nonce "$NONCE" --public-key "$KEY" --key "$NAME"',
    },
  ],
  run: async (session, [file = ''], options) => {
    const expected = {
      nonce: nonceOf(options.nonce),
      publicKey: publicKeyOf(options.publicKey),
      keyName: keyNameOf(options.key),
      pcrs: expectedPcrs(options.pcr),
      maxAge: parseDuration(options.maxAge ?? '1h'),
      now: nowNanoseconds(),
    };
    const found = verifyAttestation(bytesOf(file), expected);
    session.output.result(shown(found, expected.keyName !== null), () =>
      tell(found, expected.keyName !== null, session.output),
    );
  },
});

export const attest: CommandDefinition = {
  ...command({
    name: 'attest',
    summary: "Have the TPM quote the vault's PCRs together with the tree head and a nonce",
    details: [
      'Prints one line of canonical JSON, to be checked elsewhere with attest verify. The vault is opened if need be; the audit log has it as AUDIT_ATTEST.',
    ],
    usage: '[options] [command]',
    options: { nonce },
    examples: [
      { text: "For a verifier's nonce", line: 'sherinctl attest --nonce "$NONCE" > quote.json' },
      { text: 'A nonce', line: 'NONCE=$(openssl rand -hex 32)' },
    ],
    run: async (session, _args, options) => {
      const wanted = nonceOf(options.nonce).toString('hex');
      const { attestation } = await session.connect().call('attest', { nonce: wanted });
      session.output.line(attestation);
    },
  }),
  commands: [key, verify],
};

/** @throws SherinError LOCAL_FILE */
function bytesOf(path: string): Buffer {
  const bytes = Buffer.alloc(longestAttestation + 2);
  let fd = 0;
  try {
    fd = path === '-' ? 0 : openSync(path, constants.O_RDONLY);
    let length = 0;
    for (let read = 1; read > 0 && length < bytes.length; length += read)
      read = readSync(fd, bytes, length, bytes.length - length, null);
    return bytes.subarray(0, length);
  } catch (error) {
    throw new SherinError(
      'LOCAL_FILE',
      { path, part: `it can not be read (${systemCode(error) ?? 'unknown'})` },
      { cause: error },
    );
  } finally {
    if (fd > 2) closeSync(fd);
  }
}

function shown({ uuid, tpm, time, keyName, bank, pcrs, head }: Attested, known: boolean): object {
  return {
    ...{ verified: true, uuid, tpm, time: String(time), key: keyName.toString('hex'), known, bank },
    pcrs: Object.fromEntries(pcrs),
    head: {
      ...{ size: head.size, root: head.root.toString('hex'), time: String(head.time), nv: String(head.nv) },
      audit: { size: head.auditSize, root: head.auditRoot.toString('hex') },
    },
  };
}

function tell(
  { uuid, tpm, time, keyName, bank, pcrs, head }: Attested,
  known: boolean,
  output: Output,
): void {
  output.line(`attestation verified: vault ${uuid}, ${formatTime(String(time))}`);
  output.line(`tpm:  ${tpm}`);
  output.line(`key:  ${keyName.toString('hex')}${known ? ', the known one' : ''}`);
  for (const [pcr, value] of pcrs) output.line(`pcr:  ${`${pcr}`.padStart(2)} ${bank} ${value}`);
  output.line(
    `head: ${formatCount(head.size, 'record')}, ${head.root.toString('hex')}, TPM counter ${head.nv}`,
  );
  if (tpm !== 'hardware')
    output.line('a software TPM proves nothing against who can read or write its state on that machine');
  if (!known)
    output.line(
      "the key was not compared with a known one (--key): that it is a TPM's is the word of the vault alone",
    );
}
