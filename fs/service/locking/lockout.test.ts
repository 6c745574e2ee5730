import { expect, it } from 'vitest';
import { lockoutWords } from './lockout.js';

const facts = {
  ...{ manufacturer: 'IBM', vendor: 'SW TPM', firmware: '1.0' },
  ...{ lockoutCounter: 0, maxAuthFail: 3, lockoutInterval: 1000, lockoutRecovery: 1000, inLockout: false },
  lockoutAuthSet: false,
};

it('tells attempts left, and nothing of healing where nothing was wrong', () => {
  expect(lockoutWords(facts, 'PIN_NEEDED')).toEqual([
    'the TPM counts 0 of 3 wrong attempts; attempts left: 3',
  ]);
});

it('tells when counted attempts are forgotten', () => {
  expect(lockoutWords({ ...facts, lockoutCounter: 2 }, 'SLOT_REFUSED')).toEqual([
    'the TPM counts 2 of 3 wrong attempts; attempts left: 1',
    'it forgets one every 17 min while it has power, and all of them within 34 min',
  ]);
});

it('tells when a PIN is taken again', () => {
  const words = lockoutWords({ ...facts, lockoutCounter: 3, inLockout: true }, 'TPM_LOCKOUT');
  expect(words.slice(0, 2)).toEqual([
    'the TPM counts 3 of 3 wrong attempts; attempts left: 0',
    'a PIN is taken again within 17 min',
  ]);
});

it('says where the lockout is switched off', () => {
  expect(lockoutWords({ ...facts, lockoutInterval: 0 }, 'PIN_NEEDED')).toContain(
    'it forgets none of them by itself and refuses none either',
  );
});

it('says that a lockout which was met has healed since', () => {
  expect(lockoutWords({ ...facts, lockoutCounter: 2 }, 'TPM_LOCKOUT').slice(0, 2)).toEqual([
    'since then it has healed: a PIN is taken again',
    'the TPM counts 2 of 3 wrong attempts; attempts left: 1',
  ]);
});
