import type { VaultService } from '../service/service.js';
import type { ControlHandlers } from './server.js';

/** `attest` and `attest.key`. */
export function attestHandlers({ attesting }: VaultService): Pick<ControlHandlers, 'attest' | 'attest.key'> {
  return {
    async attest({ nonce }, { peer }) {
      return { attestation: await attesting.attest(Buffer.from(nonce, 'hex'), peer) };
    },

    async 'attest.key'(_, { peer }) {
      const { publicKey, keyName, tpm } = await attesting.identity(peer);
      return { publicKey: publicKey.toString('base64'), keyName: keyName.toString('hex'), tpm };
    },
  };
}
