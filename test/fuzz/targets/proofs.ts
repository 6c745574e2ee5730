/** What is checked with a vault's public key alone, wherever it comes from. */

import { attestationText, parseAttestation } from '../../../common/attestation/attestation.js';
import { Forger } from '../../../common/attestation/forger.fixture.js';
import {
  readAttestationPublic,
  readEcdsaSignature,
  readQuoted,
} from '../../../common/attestation/tpm-structures.js';
import { verifyAttestation } from '../../../common/attestation/verify.js';
import { MalformedBytes } from '../../../common/bytes.js';
import { jcs } from '../../../common/jcs.js';
import { leafHash, sha256 } from '../../../common/merkle.js';
import { parseProof, proofText } from '../../../common/proof-document.js';
import { signedMessage } from '../../../common/signature.js';
import { NotCanonical } from '../../../common/strict-json.js';
import { encodeHead } from '../../../common/tree-head.js';
import { uuidText } from '../../../common/vault-key.js';
import { headMessage } from '../../../fs/audit/signed-head.js';
import { headMessage as treeHeadMessage } from '../../../fs/manifest/head.js';
import { encodeRecord } from '../../../fs/manifest/record-codec.js';
import { putOf } from '../../../fs/manifest/testing/fixture.js';
import { checkExport } from '../../../fs/proof/check-export.js';
import { checkProof, NotProven } from '../../../fs/proof/check-proof.js';
import { signed, uuid, vaultKey } from '../fixed-keys.js';
import { ScratchFile } from '../scratch-file.js';
import { answer, same, type Target } from '../target.js';

const facts = { v: 1, vault: uuidText(uuid) } as const;

function auditHead(size: number, root: Buffer): object {
  const signature = signed(headMessage(uuid, size, root, 5n)).toString('base64');
  return { size, root: root.toString('base64'), time: '5', signature };
}

function manifestHead(root: Buffer): { readonly layout: string; readonly signature: string } {
  const layout = encodeHead({
    ...{ size: 1, root, time: 1n, nv: 4n, headerGeneration: 1 },
    ...{ headerHash: Buffer.alloc(32, 2), auditSize: 5, auditRoot: Buffer.alloc(32, 3), snapshotSize: 0 },
    ...{ stateRoot: Buffer.alloc(32), journal: 0, journalEpoch: Buffer.alloc(8) },
  });
  return {
    layout: layout.toString('base64'),
    signature: signed(treeHeadMessage(uuid, layout)).toString('base64'),
  };
}

export const proof: Target = {
  name: 'proof',
  form: 'json',
  begin() {
    const leaf = leafHash(Buffer.from('{"a":1}'));
    const other = leafHash(Buffer.from('other'));
    const root = sha256(Buffer.from([1]), leaf, other);
    const path = [other.toString('base64')];
    const put = putOf(2, Buffer.from('content'));
    const record = Buffer.from(encodeRecord(put, 5n));
    const { namespace, date, tag } = put.id;
    const documents = [
      { ...facts, kind: 'audit-head', head: auditHead(2, root) },
      {
        ...facts,
        kind: 'audit-inclusion',
        seq: 0,
        leaf: leaf.toString('base64'),
        path,
        head: auditHead(2, root),
      },
      {
        ...facts,
        kind: 'audit-inclusion',
        seq: 0,
        leaf: leaf.toString('base64'),
        path,
        record: '{"a":1}',
        head: auditHead(2, root),
      },
      { ...facts, kind: 'audit-consistency', from: auditHead(1, leaf), to: auditHead(2, root), path },
      {
        ...{
          ...facts,
          kind: 'object-inclusion',
          id: `${namespace}_${date}_${tag.toString('hex')}`,
          index: 0,
        },
        ...{ record: record.toString('base64'), path: [], head: manifestHead(leafHash(record)) },
      },
    ];
    return {
      seeds: documents.map((document) => Buffer.from(jcs(document))),
      run(input) {
        const read = answer(() => parseProof(input), NotCanonical);
        if (read === undefined) return;
        same(Buffer.from(proofText(read)), Buffer.from(input.toString().replace(/\n$/, '')), 'a proof');
        answer(() => checkProof(read, vaultKey), NotProven);
      },
    };
  },
};

export const manifestExport: Target = {
  name: 'manifest-export',
  form: 'json',
  begin() {
    const file = new ScratchFile('export.json');
    const hash = Buffer.alloc(32, 1).toString('base64');
    const id = 'a'.repeat(52);
    const object = {
      cubes: [id, null],
      length: 5,
      paths: [{ path: 'files/a"\\', policy: 'user' }],
      roots: [hash, null],
    };
    const body = {
      cubes: { [id]: { hash, size: 4096 }, [`${'b'.repeat(51)}a`]: { hash: null, size: null } },
      head: manifestHead(Buffer.alloc(32, 1)),
      objects: { FILES_20260101_0123456789abcdef0123456789abcdef: object },
    };
    const text = jcs({ ...body, ...facts });
    const message = signedMessage('export', uuid, sha256(Buffer.from(text)));
    const seed = Buffer.from(jcs({ ...body, ...facts, signature: signed(message).toString('base64') }));
    return {
      seeds: [seed],
      run(input) {
        const read = file.with(input, (fd) =>
          answer(() => checkExport(fd, vaultKey), NotCanonical, NotProven, MalformedBytes),
        );
        if (
          read !== undefined &&
          !seed.equals(Buffer.from(input.toString('latin1').replace(/\n$/, ''), 'latin1'))
        )
          throw new Error('an export is taken that nobody has signed');
      },
      end: () => file.end(),
    };
  },
};

export const attestation: Target = {
  name: 'attestation',
  form: 'json',
  begin() {
    const forger = new Forger();
    const seed = forger.make();
    const expected = {
      publicKey: forger.publicKey,
      nonce: forger.nonce,
      now: forger.now,
      maxAge: 10n ** 9n,
      keyName: null,
      pcrs: new Map(),
    };
    return {
      seeds: [seed],
      run(input) {
        const read = answer(() => parseAttestation(input));
        if (read === undefined) return;
        same(
          Buffer.from(attestationText(read)),
          Buffer.from(input.toString().replace(/\n$/, '')),
          'an attestation',
        );
        const verified = answer(() => verifyAttestation(input, expected));
        if (verified !== undefined && input.toString().replace(/\n$/, '') !== seed.toString())
          throw new Error('a forged attestation verifies');
      },
    };
  },
};

export const tpmStructures: Target = {
  name: 'tpm-structures',
  form: 'bytes',
  begin() {
    const forger = new Forger();
    const quote = forger.attest({}, Buffer.alloc(34, 1), Buffer.alloc(32, 2));
    return {
      seeds: [forger.public(), quote, Buffer.from(forger.quoteSignature(quote, {}), 'base64')],
      run(input) {
        for (const read of [readAttestationPublic, readQuoted, readEcdsaSignature])
          answer<unknown>(() => read(input), MalformedBytes);
      },
    };
  },
};
