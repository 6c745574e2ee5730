// biome-ignore-all lint/suspicious/noTemplateCurlyInString: words of files and titles, as they stand there
/** What keeps keys in, old states out, and the header as it was signed. */
import type { Removal } from '../removal.js';

const older = 'put the whole vault back to an older state';
const anew =
  'delete the TPM counter, or make it anew: another kind of index, other attributes, another authValue, the same of all';
const raised = 'raise the TPM counter, to shut the owner out';
const window = "widen the rollback window, or wear out the TPM's memory, by setting the clock";
const oldPart = 'put one old cube, or an older signed header, back into a newer vault';
const header = 'edit the header: sizes, costs, slots, device';
const untried =
  'shut the owner out by a new slot that does not open: a TPM that fails once it has sealed, or a wrong key in the slot';
const perOpen =
  'read a file of a namespace with `unseal: per-open` after a PCR has changed, though the vault is unlocked';
const between = 'put another TPM in between, or listen on its bus';

const lostCounterServes = {
  file: 'fs/vault/counter.ts',
  text: "if (typeof counter === 'string')\n    return",
  instead: "if (typeof counter === 'string') return { action: 'serve' };\n  if (nv < 0n) return",
};
const unboundPcrs = {
  file: 'native/tpm/policy.cc',
  text: `const TPML_PCR_SELECTION selection = Selection(policy.bank, policy.pcrs);
  client.Check(Esys_PolicyPCR(client.esys(), session.tr(), guard(), ESYS_TR_NONE, ESYS_TR_NONE,
                              pcrDigest != nullptr ? pcrDigest : &present, &selection),
               "TPM2_PolicyPCR");`,
  instead: 'static_cast<void>(present);\n  static_cast<void>(pcrDigest);',
};

const untriedSeal = {
  attack: untried,
  file: 'fs/vault/tried-slots.ts',
  text: 'requireSame(keyring, await openTpmSlot(',
  instead: 'if (seal.id < 0) requireSame(keyring, await openTpmSlot(',
  test: 'test/vault/tried-slots.test.ts',
};

export const keyRemovals: readonly Removal[] = [
  {
    attack: older,
    file: 'fs/vault/counter.ts',
    text: 'if (nv === counter) return',
    instead: 'if (nv <= counter) return',
    test: 'fs/vault/vault.test.ts',
    title: 'follows each head, and tells an old state from a new one',
  },
  {
    attack: older,
    file: 'fs/vault/counter.ts',
    text: 'if (nv === counter) return',
    instead: 'if (nv <= counter) return',
    test: 'fs/vault/counter.test.ts',
    title: 'counter ${counter}, head ${nv}: ${wanted}',
  },
  { attack: anew, ...lostCounterServes, test: 'test/vault/counter-attacks.test.ts', title: 'deleted' },
  {
    attack: anew,
    file: 'native/tpm/nv.cc',
    text: 'if (NameOf(client.link(), reference.tr()) != index.name)',
    instead: 'if (index.name.empty())',
    test: 'test/vault/counter-attacks.test.ts',
    title: 'made anew as an ordinary index that holds the right number',
  },
  {
    attack: anew,
    file: 'native/tpm/nv.cc',
    text: 'if (NameOf(client.link(), reference.tr()) != index.name)',
    instead: 'if (index.name.empty())',
    test: 'test/vault/counter-attacks.test.ts',
    title: 'made anew as a counter that others may read',
  },
  {
    attack: anew,
    ...lostCounterServes,
    test: 'test/vault/counter-attacks.test.ts',
    title: 'made anew as a counter of the same Name with an authValue of somebody else',
  },
  {
    attack: anew,
    file: 'fs/vault/counter.ts',
    text: 'if (nv === counter) return',
    instead: 'if (nv <= counter) return',
    test: 'test/vault/counter-attacks.test.ts',
    title: 'made anew with the same Name and K_nv: the TPM gives it no value that it has passed',
  },
  {
    attack: raised,
    file: 'native/tpm/nv.cc',
    text: 'TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_NO_DA',
    instead: 'TPMA_NV_AUTHREAD | TPMA_NV_AUTHWRITE | TPMA_NV_OWNERWRITE | TPMA_NV_NO_DA',
    test: 'test/vault/counter-attacks.test.ts',
    title: 'is refused by the TPM without K_nv, by the owner too, and the vault opens as before',
  },
  {
    attack: raised,
    file: 'fs/vault/counter.ts',
    text: 'if (nv === counter) return',
    instead: 'if (nv <= counter) return',
    test: 'test/vault/counter-attacks.test.ts',
    title: 'with K_nv shuts the vault, which says by how much; it can not open an older one',
  },
  {
    attack: window,
    file: 'fs/service/session/rollback-guard.ts',
    text: 'now - this.#advanced > minutesBetween * 60_000',
    instead: 'now - this.#advanced > minutesBetween',
    test: 'fs/service/session/rollback-guard.test.ts',
    title: 'is 13 increments at most, with a commit every %i ms, and one at the end',
  },
  {
    attack: window,
    file: 'fs/service/session/rollback-guard.ts',
    text: 'async beforeWrite(now = performance.now())',
    instead: 'async beforeWrite(now = Date.now())',
    test: 'fs/service/session/rollback-guard.test.ts',
    title: 'and five minutes of writing one, also where somebody sets the clock of the machine',
  },
  {
    attack: 'end sherin-fs between a tree head and the count that it names, or right after',
    file: 'fs/vault/counter.ts',
    text: "if (nv === counter + 1n) return { action: 'increment-then-serve' };",
    instead: '',
    test: 'test/vault/counter-windows.test.ts',
    title: 'killed %s the increment, it increments %i times when it opens, and has lost nothing',
  },
  {
    attack: oldPart,
    file: 'native/codec/header.cc',
    text: 'if (memcmp(view.id(), id, 32) != 0) return "id";',
    instead: 'static_cast<void>(id);',
    also: [
      {
        file: 'native/codec/opened_cube.cc',
        text: 'if (!equal) return cube->At(Fault::Root);',
        instead: 'static_cast<void>(equal);',
      },
    ],
    test: 'test/vault/rollback.test.ts',
    title: 'the cube of the older content under the name of the newer is refused, and its own copy heals it',
  },
  {
    attack: oldPart,
    file: 'fs/manifest/head-signer.ts',
    text: 'if (header.generation === head.headerGeneration + 1) return;',
    instead: 'if (header.generation <= head.headerGeneration + 1) return;',
    test: 'test/vault/old-copy.test.ts',
    title: 'edited or of an older state is refused once a key has opened it',
    whole: true,
  },
  {
    attack: header,
    file: 'fs/vault/header.ts',
    text: "throw malformed(path, 'it is not JSON');",
    instead: "throw new Error('it is not JSON');",
    test: 'fs/vault/header.test.ts',
    title: 'meets any damage to a valid header with an answer',
  },
  {
    attack: header,
    file: 'fs/vault/locked-vault.ts',
    text: 'verifyHeader(this.#header, keyring.publicKey(), `${this.path}/vault.json`);',
    instead: '',
    test: 'fs/vault/vault.test.ts',
    title: 'is refused though a slot opens',
  },
  {
    attack: header,
    file: 'fs/vault/slot-key.ts',
    text: "Buffer.from(jcs(parameters), 'utf8')",
    instead: 'Buffer.alloc(0)',
    test: 'fs/vault/vault.test.ts',
    title: 'binds every parameter of a slot',
  },
  {
    attack: 'put another vault in its place',
    file: 'fs/vault/known-vaults.ts',
    text: 'if (there !== undefined && there.uuid !== vault.uuid)',
    instead: "if (there !== undefined && vault.uuid === '')",
    test: 'fs/vault/known-vaults.test.ts',
    title: 'tells another vault from the known one',
  },
  {
    attack: 'copy the vault',
    file: 'fs/vault/tpm-slot.ts',
    text: `const secret = await session.use(async (tpm) => {
      try {
        return keep(await tpm.unseal(sealed, policy));
      } catch (error) {
        throw await unsealError(error, tpm, slot);
      }
    });
    const key = keep(slotKey([secret, stretched], salt, 'tpm2'));`,
    instead: "const key = keep(slotKey([stretched], salt, 'tpm2'));",
    also: [
      {
        file: 'fs/vault/tpm-slot.ts',
        text: "const key = keep(slotKey([secret, stretched], salt, 'tpm2'));\n    return {",
        instead: "const key = keep(slotKey([stretched], salt, 'tpm2'));\n    return {",
      },
    ],
    test: 'fs/vault/vault.test.ts',
    title: 'opens nothing from a copy of its directory alone but with the recovery key',
  },
  {
    attack: 'boot another system',
    ...unboundPcrs,
    test: 'native/tpm/seal.test.ts',
    title: 'a changed PCR closes it',
  },
  {
    attack: 'boot another system',
    ...unboundPcrs,
    test: 'fs/vault/vault.test.ts',
    title: 'stays shut when a PCR changed, and says which',
  },
  {
    attack: 'bring a removed TPM slot back',
    file: 'native/tpm/policy.cc',
    text: 'TPM2_EO_EQ',
    instead: 'TPM2_EO_UNSIGNED_GE',
    test: 'native/tpm/seal.test.ts',
    title: 'an incremented slot counter closes it for good',
  },
  {
    attack: 'bring a slot back that was removed with `key remove`, by an old copy of the header',
    file: 'fs/vault/key-slots.ts',
    text: 'try {\n    await retire(session, slot);\n  } catch',
    instead: 'try {\n    await Promise.resolve();\n  } catch',
    also: [
      {
        file: 'fs/vault/key-slots.ts',
        text: 'await release(session, slot);\n}\n\n/** Wraps',
        instead: '}\n\n/** Wraps',
      },
    ],
    test: 'test/vault/key-slots.test.ts',
    title: 'a removed TPM slot stays removed, with an old copy of the header too',
  },
  { ...untriedSeal, title: 'a new vault is not made where the TPM fails at the trial' },
  { ...untriedSeal, title: '%s while the TPM fails changes neither header nor TPM' },
  {
    attack: untried,
    file: 'fs/vault/tried-slots.ts',
    text: 'if (!opened.publicKey().equals(keyring.publicKey()) || opened.epoch !== keyring.epoch)',
    instead: 'if (keyring.epoch < 0)',
    test: 'test/vault/tried-slots.test.ts',
    title: '%s for another key than that of the header changes neither header nor TPM',
  },
  {
    attack: 'cut the power while key slots are changed',
    file: 'fs/manifest/head-signer.ts',
    text: 'if (header.generation === head.headerGeneration + 1) return;',
    instead: '',
    test: 'test/crash/keys.test.ts',
    title: 'opens wherever the process died',
  },
  {
    attack: perOpen,
    file: 'fs/service/namespaces/open-gate.ts',
    text: "if (unseal === 'per-open' && !again) await this.#ask(id, caller);",
    instead: "if (unseal === 'per-open' && again) await this.#ask(id, caller);",
    test: 'test/vault/namespaces.test.ts',
    title:
      'refuses opens once a PCR has changed, on record, while an open file is read on and others are served',
    whole: true,
  },
  {
    attack: perOpen,
    file: 'fs/service/namespaces/open-gate.ts',
    text: "if (unseal === 'per-open' && !again) await this.#ask(id, caller);",
    instead: "if (unseal === 'per-open' && again) await this.#ask(id, caller);",
    test: 'fs/service/namespaces/namespaces.test.ts',
    title: 'each open asks the TPM where the namespace wants it, and nowhere else',
  },
  {
    attack: perOpen,
    file: 'fs/service/namespaces/kept-namespaces.ts',
    text: "the TPM is asked at every open');\n    return null;",
    instead: "the TPM is asked at every open');\n    return noNamespaces;",
    test: 'fs/service/namespaces/namespaces.test.ts',
    title: 'settings are there again after the vault was closed; what can not be read is as strict as can be',
  },
  {
    attack: perOpen,
    file: 'fs/service/namespaces/tpm-at-open.ts',
    text: 'await before;\n    this.#next = null;',
    instead: 'await before;',
    test: 'fs/service/namespaces/tpm-at-open.test.ts',
    title: 'an open that begins later than an unseal gets one of its own, behind it',
  },
  {
    attack: 'change keys as another user',
    file: 'fs/service/keys/key-changes.ts',
    text: 'if (peer.uid !== 0 && peer.uid !== process.getuid?.()) {',
    instead: 'if (peer.uid === -1) {',
    test: 'fs/service/keys/key-changes.test.ts',
    title: 'key slots are changed by root and the owner only, and a refusal is recorded',
  },
  {
    attack: 'guess the PIN',
    file: 'native/tpm/seal.cc',
    text: 'if (policy.auth == nullptr) area.objectAttributes',
    instead: 'area.objectAttributes',
    test: 'native/tpm/lockout.test.ts',
    title: 'wrong PINs reach it, and other slots still open',
  },
  {
    attack: between,
    file: 'native/tpm/client.cc',
    text: 'if (name != primaryName_ || (expected != nullptr && name != *expected)) {',
    instead: 'static_cast<void>(expected);\n  if (name.empty()) {',
    test: 'native/tpm/seal.test.ts',
    title: 'is told by its primary before any session is salted to it',
  },
  {
    attack: between,
    file: 'native/tpm/seal.cc',
    text: 'client.Session(TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT)',
    instead: 'client.Session(0)',
    test: 'native/tpm/bus.test.ts',
    title: 'holds neither a sealed secret nor a PIN',
  },
  {
    attack: 'make a hardware vault fall back to software',
    file: 'fs/vault/tpm-source.ts',
    text: "return slot.kind === 'device' ?",
    instead: "return slot.kind === 'device' && uuid === '' ?",
    test: 'fs/vault/vault.test.ts',
    title: 'never takes a software TPM for a device',
  },
  {
    attack: 'have the slot removed that each open of such a namespace needs',
    file: 'fs/vault/key-work.ts',
    text: 'last === undefined || left.some(answers)) return;',
    instead: 'last === undefined || left.some(answers) || left.length >= 0) return;',
    test: 'fs/service/keys/key-changes.test.ts',
    title:
      'the last TPM slot without a PIN stays while a namespace asks the TPM at each open, and the other way round',
  },
  {
    attack: 'give up versions, or change keys, while the emergency stop is on or modifications are disabled',
    file: 'fs/control/handlers.ts',
    text: 'heldByFreeze(service, heldByPolicy(service, handlers))',
    instead: 'heldByFreeze(service, { ...heldByPolicy(service, handlers), ...handlers })',
    test: 'test/daemon/orders.test.ts',
    title: 'is refused and recorded, also after a lock, until it ends',
    whole: true,
  },
];
