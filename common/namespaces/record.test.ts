import { expect, test } from 'vitest';
import {
  namespacesRecordSchema,
  noNamespaces,
  settingsOf,
  stricter,
  strictestSettings,
  usualSettings,
} from './record.js';

const accepts = (namespaces: object) =>
  namespacesRecordSchema.safeParse({ v: 1, version: 1, namespaces }).success;

test('a record has namespaces by name, each with both settings', () => {
  expect(accepts({})).toBe(true);
  expect(accepts({ FILES: usualSettings, 'A-1': strictestSettings })).toBe(true);
  expect(accepts({ files: usualSettings })).toBe(false);
  expect(accepts({ FILES: { opens: 'first' } })).toBe(false);
  expect(accepts({ FILES: { ...usualSettings, opens: 'some' } })).toBe(false);
  expect(accepts({ FILES: { ...usualSettings, more: 1 } })).toBe(false);
  expect(namespacesRecordSchema.safeParse({ ...noNamespaces, more: 1 }).success).toBe(false);
});

test('what the vault reads for itself has no settings', () => {
  expect(accepts({ POLICY: strictestSettings })).toBe(false);
});

test('a record is bounded', () => {
  const many = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`N${at}`, usualSettings]));
  expect(accepts(many(64))).toBe(true);
  expect(accepts(many(65))).toBe(false);
});

test('a namespace without settings has the usual ones, whatever objects inherit', () => {
  expect(settingsOf(noNamespaces, 'FILES')).toEqual(usualSettings);
  expect(settingsOf(noNamespaces, 'constructor')).toEqual(usualSettings);
});

test('of two settings the stricter counts, each for itself', () => {
  const quiet = { opens: 'off', unseal: 'per-open' } as const;
  expect(stricter(quiet, usualSettings)).toEqual({ opens: 'first', unseal: 'per-open' });
  expect(stricter(usualSettings, strictestSettings)).toEqual(strictestSettings);
  expect(stricter(quiet, quiet)).toEqual(quiet);
});
