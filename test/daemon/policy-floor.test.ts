/** The floor is changed offline, with the recovery key, and by nothing else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Machine } from '../vault/machine.js';

const shipped = { confidence: 0.75, empathy: 0.65, safety: 0.95 };
const nobodysRule = {
  name: 'closed',
  who: 'anyone',
  where: { path: 'closed/**' },
  operations: ['read'],
  effect: 'deny',
};

let machine: Machine;
const path = (name: string): string => join(machine.home, name);
const withKey = (flags: string) =>
  machine.shell(`$CTL policy floor ${flags} --recovery-fd 7 7< ${machine.recoveryFile}`);

function up(): void {
  machine.ok('up');
  machine.ok('unlock');
}

function policy(): { readonly floor: unknown; readonly thresholds: unknown } {
  return JSON.parse(machine.ok('policy', 'get', '--json'));
}

beforeAll(() => {
  machine = Machine.empty();
  machine.withDaemon = true;
  machine.init();
});
afterAll(() => machine.end());

describe.runIf(process.getuid?.() === 0)('the floor', () => {
  it('of a vault without a policy is none, and says how one comes', () => {
    const { code, err } = withKey('--safety 0.99');
    expect(code).toBe(1);
    expect(err).toContain('has no policy yet');
  });

  it('is not changed while the vault is served, nor without the recovery key', () => {
    up();
    expect(policy()).toMatchObject({ floor: shipped, thresholds: shipped });
    expect(withKey('--safety 0.99').err).toContain('serves the vault');
    machine.ok('down');
    writeFileSync(path('wrong'), 'SHERIN-WRONG-WRONG-WRONG');
    const wrong = machine.shell('$CTL policy floor --safety 0.99 --recovery-fd 7 7< wrong');
    expect(wrong.code).not.toBe(0);
    expect(wrong.err).toMatch(/recovery key/);
    expect(machine.run('policy', 'floor')).toMatchObject({ code: 2 });
  });

  it('rises with its thresholds, and its rules come before all others: no method loosens them', () => {
    writeFileSync(path('floor.json'), JSON.stringify([nobodysRule]));
    writeFileSync(path('none.json'), '[]');
    expect(withKey('--safety 0.99 --rules floor.json --json')).toMatchObject({ code: 0, err: '' });
    up();
    const floor = { ...shipped, safety: 0.99 };
    expect(policy()).toMatchObject({ floor, thresholds: floor });
    expect(machine.run('policy', 'set', '--safety', '0.98').err).toContain('POLICY_FLOOR');
    mkdirSync(join(machine.mount, 'files/closed'));
    writeFileSync(join(machine.mount, 'files/closed/a'), 'a');
    machine.ok('policy', 'rules', 'add', 'open', 'allow', '--path', 'closed/**');
    expect(machine.shell('cat "$M/files/closed/a"')).toMatchObject({ code: 1, out: '' });
    expect(machine.run('policy', 'rules', 'remove', 'closed').code).not.toBe(0);
    machine.ok('policy', 'rules', 'set', path('none.json'));
    expect(machine.shell('cat "$M/files/closed/a"').code).toBe(1);
    machine.ok('policy', 'rules', 'add', 'mine', 'allow', '--path', 'a');
    machine.ok('down');
  });

  it('takes rules that deny only, under names of their own', () => {
    const refused = (rules: unknown): string => {
      writeFileSync(path('rules.json'), typeof rules === 'string' ? rules : JSON.stringify(rules));
      return withKey('--rules rules.json').err;
    };
    expect(refused([{ ...nobodysRule, effect: 'allow' }])).toContain('only deny');
    expect(refused('no JSON')).toContain('rules.json');
    expect(withKey('--rules missing.json').err).toContain('missing.json');
    expect(refused([{ ...nobodysRule, name: 'mine' }])).toContain('mine');
  });

  it('sinks with the key, too, and thresholds stay until somebody sets them; each change is on record', async () => {
    expect(withKey('--safety 0.5 --rules none.json')).toMatchObject({ code: 0, err: '' });
    up();
    expect(policy()).toMatchObject({ floor: { safety: 0.5 }, thresholds: { safety: 0.99 } });
    machine.ok('policy', 'set', '--safety', '0.6');
    expect(policy()).toMatchObject({ thresholds: { safety: 0.6 } });
    expect(machine.shell('cat "$M/files/closed/a"')).toMatchObject({ code: 0, out: 'a' });
    const { records } = await machine.call('audit.tail', { count: 200 });
    const of = (event: string) => records.filter((record) => record.event === event);
    expect(of('AUDIT_POLICY_FLOOR')).toMatchObject([
      { meta: { safety: 0.99, rules: 1 }, actor: { uid: 0 } },
      { meta: { safety: 0.5, rules: 0 } },
    ]);
    // The copy of sherind is behind, not edited.
    expect(of('AUDIT_POLICY_EDITED')).toEqual([]);
  });
});
