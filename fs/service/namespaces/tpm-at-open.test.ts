import { expect, test } from 'vitest';
import { SherinError } from '../../../common/errors.js';
import { TpmAtOpen } from './tpm-at-open.js';

/** Unseals that end when they are told to. */
function unseals() {
  const begun: { readonly end: () => void; readonly fail: (error: Error) => void }[] = [];
  const unseal = () =>
    new Promise<void>((end, fail) => {
      begun.push({ end, fail });
    });
  return { begun, unseal };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

test('opens that begin together share one unseal', async () => {
  const { begun, unseal } = unseals();
  const tpm = new TpmAtOpen(unseal);
  const opens = [tpm.ask(), tpm.ask(), tpm.ask()];
  await turn();
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  await Promise.all(opens);
});

test('an open that begins later than an unseal gets one of its own, behind it', async () => {
  const { begun, unseal } = unseals();
  const tpm = new TpmAtOpen(unseal);
  const first = tpm.ask();
  await turn();
  const later = [tpm.ask(), tpm.ask()];
  await turn();
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  await first;
  await turn();
  expect(begun).toHaveLength(2);
  begun[1]?.end();
  await Promise.all(later);
  const last = tpm.ask();
  await turn();
  expect(begun).toHaveLength(3);
  begun[2]?.end();
  await last;
});

test('a refusal is that of the opens that shared the unseal; the next one asks again', async () => {
  const { begun, unseal } = unseals();
  const tpm = new TpmAtOpen(unseal);
  const refused = [tpm.ask(), tpm.ask()].map((open) =>
    expect(open).rejects.toMatchObject({ code: 'TPM_LOCKOUT' }),
  );
  await turn();
  begun[0]?.fail(new SherinError('TPM_LOCKOUT'));
  await Promise.all(refused);
  const next = tpm.ask();
  await turn();
  begun[1]?.end();
  await next;
});

test('an open does not wait longer than its patience for a TPM that hangs', async () => {
  const { begun, unseal } = unseals();
  const tpm = new TpmAtOpen(unseal, 1);
  await expect(tpm.ask()).rejects.toMatchObject({ code: 'TIMEOUT', errno: 'ETIMEDOUT' });
  await expect(tpm.ask()).rejects.toMatchObject({ code: 'TIMEOUT' });
  expect(begun).toHaveLength(1);
});
