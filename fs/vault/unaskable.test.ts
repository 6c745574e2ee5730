import { expect, test } from 'vitest';
import { signedHeader } from './header.fixture.js';
import type { Slot } from './header.js';
import { whyUnaskable } from './tpm-slots.js';

const { header } = signedHeader();
const withPins = (...pins: readonly boolean[]) => ({
  ...header,
  slots: header.slots.flatMap((slot): readonly Slot[] =>
    slot.type === 'tpm2' ? pins.map((pin) => ({ ...slot, pin })) : [slot],
  ),
});

test('the TPM can be asked at each open where one of its slots needs no PIN', () => {
  expect(whyUnaskable(withPins(false))).toBeNull();
  expect(whyUnaskable(withPins(true, false))).toBeNull();
});

test('a vault whose TPM slots want a PIN, or that has none, says why not', () => {
  expect(whyUnaskable(withPins(true))?.message).toBe(
    'the TPM can not be asked at each open: nobody could give the PIN at each open',
  );
  expect(whyUnaskable(withPins())?.message).toContain('the vault has no TPM slot');
});
