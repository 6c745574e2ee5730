/** The POSIX suite: every rule, seen in one directory as one user. */
import { mkdtempSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Place } from './limit.js';
import { limitOf } from './places.js';
import { NotReady, Refusal } from './process.js';
import type { Operation, Rule } from './rule.js';
import { operations } from './rules/index.js';
import { type As, Scene } from './scene.js';

export interface SuiteOptions {
  /** An existing directory, known once the tests run. */
  readonly directory: () => string;
  readonly limits: Place;
  readonly as: As;
}

/** What came out of a rule: a value, an errno, or that it could not even be asked. */
type Outcome = { readonly value: unknown } | { readonly errno: string } | { readonly notReady: string };

/** Milliseconds that a rule has: far more than it takes, so that only what hangs ends there. */
const timeout = 20_000;

export function posixSuite({ directory, limits, as }: SuiteOptions): void {
  // Only root can become the users that the rules are about.
  describe.runIf(process.getuid?.() === 0)(`POSIX, ${limits.name}, as ${as}`, () => {
    const scene = new Scene(as);
    let base: string;
    let count = 0;
    beforeAll(async () => {
      base = mkdtempSync(join(directory(), 'posix-'));
      await chmod(base, 0o755);
    });
    afterAll(async () => {
      // A vault goes as a whole, which is much quicker.
      if (!limits.isVault) {
        scene.root.begin('/');
        await scene.root.call('remove_tree', base);
      }
      await scene.end();
    });

    const check = async (operation: Operation, rule: Rule): Promise<void> => {
      count += 1;
      await scene.begin(join(base, String(count)));
      const start = performance.now();
      const outcome = await seen(rule, scene);
      const took = performance.now() - start;
      const right: Outcome = rule.errno === undefined ? { value: rule.expected } : { errno: rule.errno };
      const limit = limitOf(limits, operation, rule, as);
      // A limit that has gone is as wrong as a rule that is broken: the table is to tell what is so.
      if (limit === undefined) expect(outcome).toEqual(right);
      else if (limit.passes === undefined || took < limit.passes)
        expect(outcome, `no longer: ${limit.reason}`).not.toEqual(right);
    };

    for (const operation of operations)
      describe(operation.name, () => {
        for (const rule of rulesFor(operation, limits, as))
          it(`${rule.errno ?? ''} ${rule.text}`.trim(), () => check(operation, rule), timeout);
      });
  });
}

export function rulesFor({ rules }: Operation, { isVault }: Place, as: As): readonly Rule[] {
  return rules.filter(({ who, contract }) => (who === 'both' || who === as) && (isVault || !contract));
}

async function seen(rule: Rule, scene: Scene): Promise<Outcome> {
  try {
    return { value: await rule.see(scene) };
  } catch (error) {
    if (error instanceof Refusal) return { errno: error.errno };
    if (error instanceof NotReady) return { notReady: error.message };
    throw error;
  }
}
