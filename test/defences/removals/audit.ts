// biome-ignore-all lint/suspicious/noTemplateCurlyInString: words of files and titles, as they stand there
/** What keeps the audit log whole, and proofs true. */
import type { Edit, Removal } from '../removal.js';

const edited = 'edit, cut or reorder the audit log';
const cut = 'cut the audit log at the end of a group, with the vault closed';
const anchoring = 'keep heads from being anchored, or the log from going on by what takes them';
const forged =
  "forge a proof, of a record or of a file: other fields, numbers, paths, spellings, depth, size, another vault's";
const attested = "pass off an old, another's or a made-up state as what the TPM attests";

const unsigned: Edit = {
  file: 'common/attestation/verify.ts',
  text: 'if (!verifier(expected.publicKey)(attestationMessage(uuid, statement, attest), signature))',
  instead: 'if (signature.length === 0)',
};

export const auditRemovals: readonly Removal[] = [
  {
    attack: edited,
    file: 'fs/audit/replay.ts',
    text: "if (line.head.root !== this.#frontier.root().toString('base64'))",
    instead: "if (line.head.root === '')",
    test: 'fs/audit/log.test.ts',
    title:
      'is refused when a record that the signature of a later head covers was rewritten with a right MAC',
  },
  {
    attack: edited,
    file: 'fs/audit/open-writer.ts',
    text: 'if (expect !== null && frontier.size < expect.size) throw missing(frontier.size);',
    instead: '',
    also: [
      {
        file: 'fs/audit/open-writer.ts',
        text: 'if (!replay.metExpected && !isArchived)',
        instead: 'if (isArchived && last < 0)',
      },
    ],
    test: 'fs/audit/log.test.ts',
    title: 'ends before the head that the manifest names: a rollback',
  },
  {
    attack: "act while the log can't be written",
    file: 'fs/audit/log.ts',
    text: 'if (!waiting.essential) waiting.reject(unwritable(error));',
    instead: 'if (!waiting.essential) waiting.resolve();',
    test: 'fs/audit/crash.test.ts',
    title: 'a full disk refuses records, keeps the log whole, and leaves room for the essential ones',
  },
  {
    attack: 'remove old segments of the audit log, or forge, alter or put back the word for it',
    file: 'fs/audit/segments.ts',
    text: 'if (first > gone + 1) throw',
    instead: 'if (last < 0) throw',
    test: 'fs/audit/archive.test.ts',
    title: 'who removes segments that are not archived is found, whatever he does with the statement',
  },
  {
    attack: cut,
    file: 'fs/audit/anchors.ts',
    text: 'if (this.#next !== null)\n      throw',
    instead: 'if (size < 0 && this.#next !== null)\n      throw',
    test: 'fs/proof/audit.test.ts',
    title: 'truncation at the end of a group is shown by anchors alone',
  },
  {
    attack: cut,
    file: 'fs/audit/anchors.ts',
    text: "if (!headIsSigned(head, this.#key.uuid, this.#verify)) throw bad('its signature does not verify');",
    instead: '',
    test: 'fs/proof/audit.test.ts',
    title: 'anchors are heads of this vault, oldest first; a line that a crash cut is told',
  },
  {
    attack: anchoring,
    file: 'fs/audit/anchoring.ts',
    text: 'this.#state = { ...this.#state, failing: reason };',
    instead: '',
    test: 'fs/audit/anchoring.test.ts',
    title: 'what hangs holds up neither appends nor the end of the log, and is told',
  },
  {
    attack: anchoring,
    file: 'fs/audit/anchoring.ts',
    text: "if (first) this.#note('AUDIT_ANCHOR_FAILED'",
    instead: "if (first || reason !== '') this.#note('AUDIT_ANCHOR_FAILED'",
    test: 'fs/audit/anchoring.test.ts',
    title: 'a failure is told and recorded once, and so is its end, after which the newest head is kept',
  },
  {
    attack: forged,
    file: 'fs/proof/check-proof.ts',
    text: 'if (!headIsSigned(head, uuid, verifier(publicKey)))',
    instead: 'if (!headIsSigned(head, uuid, verifier(publicKey)) && head.size < 0)',
    test: 'fs/proof/audit.test.ts',
    title: 'a forged proof is refused with a sentence',
  },
  {
    attack: forged,
    file: 'fs/proof/check-proof.ts',
    text: 'if (formatSherinId(mutation.id) !== document.id)',
    instead: "if (document.id === '')",
    test: 'test/vault/proofs.test.ts',
    title: 'a forged proof of a file is refused with a sentence',
  },
  {
    attack: forged,
    file: 'common/signature.ts',
    text: 'Buffer.from(`sherin/v1/${kind}\\0`',
    instead: "Buffer.from(`sherin/v1/${kind === 'cube' ? kind : 'any'}\\0`",
    test: 'test/vault/proofs.test.ts',
    title: 'a signature of another vault, and one of another kind, proves nothing',
  },
  {
    attack: 'use another form of a signature, or a key under which one signature fits many messages',
    file: 'common/signature.ts',
    text: 'if (keyWeakness(publicKey) !== null) return () => false;',
    instead: '',
    test: 'common/signature.test.ts',
    title: 'keys of small order verify nothing, whatever is signed',
  },
  {
    attack: 'change, cut or extend an export of the manifest; exhaust who checks it',
    file: 'fs/proof/check-export.ts',
    text: "if (!verify(signedMessage('export', key.uuid, digest), signature))",
    instead: 'if (signature.length === 0)',
    test: 'test/vault/proofs.test.ts',
    title: 'the manifest is exported and checked with the public key alone; what is changed in it is refused',
  },
  {
    attack: 'exchange or change cubes in a backup or a copy',
    file: 'fs/proof/stored-cube.ts',
    text: "if (!rootOfBlocks(file.subarray(headerBytes)).equals(root)) return 'root';",
    instead: '',
    test: 'test/vault/proofs.test.ts',
    title: 'stored cubes are checked in a copy, without a key that reads',
  },
  {
    attack: 'show a record that the log does not have',
    file: 'fs/audit/prove.ts',
    text: "if (reached?.toString('base64') !== head.root)",
    instead: 'if (reached?.length === 0)',
    test: 'fs/audit/prove.test.ts',
    title: 'of a record that was changed, or that others after it were, there is none',
  },
  {
    attack: attested,
    file: 'common/attestation/verify.ts',
    text: 'if (!quoted.qualifying.equals(qualifying))',
    instead: 'if (quoted.qualifying.length === 0)',
    test: 'common/attestation/verify.test.ts',
    title: 'with a quote %s is refused',
  },
  {
    attack: attested,
    ...unsigned,
    test: 'common/attestation/verify.test.ts',
    title: 'with another %s is refused',
  },
  {
    attack: attested,
    file: 'common/attestation/verify.ts',
    text: 'if (!nonce.equals(expected.nonce))',
    instead: 'if (nonce.length === 0)',
    test: 'common/attestation/verify.test.ts',
    title: 'is held against what is known of key, PCRs and time',
  },
  {
    attack: attested,
    file: 'common/attestation/verify.ts',
    text: 'if (!quoted.qualifying.equals(qualifying))',
    instead: 'if (quoted.qualifying.length === 0)',
    also: [unsigned],
    test: 'common/attestation/verify.test.ts',
    title: 'of a key that the vault has not vouched for is refused',
  },
  {
    attack: 'put another key in the place of the one that attests',
    file: 'fs/vault/attestation-key.ts',
    text: "if (!verifier(place.keyring.publicKey())(signed, Buffer.from(signature, 'base64')))",
    instead: "if (signature === '')",
    test: 'fs/service/keys/attesting.test.ts',
    title: 'is refused where the vault has not signed it, and its file is never followed or waited for',
  },
  {
    attack: 'put another key in the place of the one that attests',
    file: 'fs/disk/untrusted.ts',
    text: 'constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK',
    instead: 'constants.O_RDONLY | constants.O_NONBLOCK',
    test: 'fs/service/keys/attesting.test.ts',
    title: 'is refused where the vault has not signed it, and its file is never followed or waited for',
  },
];
