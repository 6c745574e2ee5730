/** Small files beside the cubes, and what this machine keeps of its vaults. */

import { Forger } from '../../../common/attestation/forger.fixture.js';
import { keyMessage } from '../../../common/attestation/statement.js';
import { readAttestationPublic } from '../../../common/attestation/tpm-structures.js';
import { jcs } from '../../../common/jcs.js';
import { parseVaultKey, vaultKeyText } from '../../../common/vault-key.js';
import { readAttestationKey } from '../../../fs/vault/attestation-key.js';
import { unsignedHeader } from '../../../fs/vault/header.fixture.js';
import {
  headerText,
  parseHeader,
  signHeader,
  type UnsignedHeader,
  verifyHeader,
} from '../../../fs/vault/header.js';
import { KnownVaults } from '../../../fs/vault/known-vaults.js';
import { fixedKeyring, publicKey, signed, uuid, vaultKey } from '../fixed-keys.js';
import { ScratchFile } from '../scratch-file.js';
import { answer, answerOf, same, type Target } from '../target.js';

export const header: Target = {
  name: 'header',
  form: 'json',
  begin() {
    const unsigned: UnsignedHeader = unsignedHeader(publicKey);
    const headers = [unsigned, ...unsigned.slots.map((slot) => ({ ...unsigned, slots: [slot] }))];
    const seeds = headers.map((one) => headerText(signHeader(one, signed)));
    return {
      seeds,
      run(input) {
        const read = answer(() => parseHeader(input));
        if (read === undefined) return;
        same(headerText(read), input, 'a header');
        const verified = answer(() => verifyHeader(read, publicKey) ?? true);
        if (verified === true && !seeds.some((seed) => seed.equals(input)))
          throw new Error('a forged header verifies');
      },
    };
  },
};

export const knownVaults: Target = {
  name: 'known-vaults',
  form: 'lines',
  begin() {
    const file = new ScratchFile('known_vaults');
    const known = new KnownVaults(file.path);
    const base = {
      uuid: '00112233-4455-4677-8899-aabbccddeeff',
      path: '/srv/vault',
      publicKey: publicKey.toString('base64'),
    };
    const head = { size: 7, root: Buffer.alloc(32, 4).toString('base64'), nv: '18446744073709551615' };
    const all = [
      { ...base, primaryName: null, head: null },
      {
        ...base,
        uuid: base.uuid.replace('0', '1'),
        primaryName: `000b${'ab'.repeat(32)}`,
        nextPrimaryName: null,
        head,
      },
    ];
    return {
      seeds: [Buffer.from(all.map((line) => `${jcs(line)}\n`).join(''))],
      async run(input) {
        file.write(input);
        const read = await answerOf(() => known.read());
        if (read !== undefined && read.length > 1024) throw new Error('more vaults than a file may have');
      },
      end: () => file.end(),
    };
  },
};

export const attestationKey: Target = {
  name: 'attestation-key',
  form: 'json',
  begin() {
    const file = new ScratchFile('attestation.json');
    const keyring = fixedKeyring();
    const area = new Forger().public();
    const primaryName = Buffer.concat([Buffer.from([0, 0x0b]), Buffer.alloc(32, 5)]);
    const signature = keyring.sign(keyMessage(uuid, readAttestationPublic(area).name, primaryName));
    const [first, second] = [area, Buffer.alloc(180, 6)].map((bytes) => bytes.toString('base64'));
    const seed = {
      public: first,
      private: second,
      primaryName: primaryName.toString('hex'),
      signature: signature.toString('base64'),
    };
    return {
      seeds: [Buffer.from(jcs(seed))],
      async run(input) {
        file.write(input);
        const key = await answerOf(() => readAttestationKey({ path: file.path, shown: 'it', uuid, keyring }));
        if (key && !key.public.equals(area)) throw new Error('a key is taken that nobody has signed');
      },
      end() {
        keyring.wipe();
        file.end();
      },
    };
  },
};

export const publicKeyLine: Target = {
  name: 'public-key-line',
  form: 'bytes',
  begin: () => ({
    seeds: [Buffer.from(vaultKeyText(vaultKey))],
    run(input) {
      const text = input.toString('latin1');
      const read = answer(() => parseVaultKey(text, 'it'));
      if (read !== undefined)
        same(Buffer.from(vaultKeyText(read).trimEnd()), Buffer.from(text.replace(/\n$/, '')), 'a key');
    },
  }),
};
