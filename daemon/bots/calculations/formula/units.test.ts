import { expect, test } from 'vitest';
import { decimalField } from './decimal.js';
import { evaluate } from './evaluate.js';
import { exactField } from './exact.js';
import { parseFormula } from './formula.js';
import { unitTable } from './unit-table.js';
import { unitOf } from './units.js';

test('no two units have a name in common, and each definition is one', () => {
  const names = unitTable.flatMap((row) => row.names.split(' '));
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  for (const { names, is } of unitTable) {
    if (is === undefined) continue;
    const { value } = evaluate(parseFormula(is).formula, decimalField(30));
    expect(value.isPositive() && value.isFinite(), names).toBe(true);
  }
});

/** NIST SP 811 (2008), appendix B.8, in SI units; the digits in bold there, exact. */
test.each([
  ['acre', '4046.8564224', 'm^2'],
  ['atm', '101325', 'Pa'],
  ['bbl', '0.158987294928', 'm^3'],
  ['BTU', '1055.05585262', 'J'],
  ['cal', '4.184', 'J'],
  ['fathom', '1.8288', 'm'],
  ['gal', '0.003785411784', 'm^3'],
  ['grain', '0.00006479891', 'kg'],
  ['lb', '0.45359237', 'kg'],
  ['lbf', '4.4482216152605', 'N'],
  ['longton', '1016.0469088', 'kg'],
  ['mi', '1609.344', 'm'],
  ['nmi', '1852', 'm'],
  ['ton', '907.18474', 'kg'],
  ['ukgal', '0.00454609', 'm^3'],
])('1 %s is %s %s', (unit, factor, si) => {
  const one = evaluate(parseFormula(`${unit} / (${factor} ${si})`).formula, exactField);
  expect(one.dimensions.size).toBe(0);
  expect(one.value.toFraction()).toBe('1');
});

test('a whole name comes before a prefix, and symbols are told by their case', () => {
  expect(unitOf('min')?.symbol).toBe('min');
  expect(unitOf('cd')?.symbol).toBe('cd');
  expect(unitOf('Mm')?.factor).toBe('1e6');
  expect(unitOf('mm')?.factor).toBe('1e-3');
  expect(unitOf('Kilometers')?.symbol).toBe('km');
  expect(unitOf('kibibytes')?.factor).toBe('1024');
  expect(unitOf('kmeter')).toBeUndefined();
  expect(unitOf('constructor')).toBeUndefined();
});
