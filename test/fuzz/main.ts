/**
 * `npm run fuzz -- TARGET [SECONDS]`: a target of test/fuzz/targets, or one of native/fuzz. What is found to reach more is kept in
 * test/fuzz/corpus; what breaks a target stands in build/fuzz, and ends the run with 1. Without a target, all of them.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../../common/project.js';
import { readCorpus, writeCorpus } from './corpus.js';
import { Coverage } from './coverage.js';
import { type Explored, Explorer } from './explore.js';
import { nativeTargets } from './native-targets.js';
import { smallestSet } from './smallest.js';
import type { Target } from './target.js';
import { targets } from './targets/index.js';
import { Watchdog } from './watchdog.js';

const findings = join(projectRoot, 'build/fuzz');

async function explore(target: Target, seconds: number, seed: number): Promise<Explored> {
  const harness = await target.begin();
  const coverage = new Coverage();
  const watchdog = new Watchdog(join(findings, `${target.name}-hang`));
  try {
    const explorer = new Explorer(target, harness, coverage, watchdog, seed);
    const explored = await explorer.explore(readCorpus(target.name), Date.now() + seconds * 1000);
    const { functions, characters } = coverage.extent;
    const { runs, pool, found } = explored;
    console.log(
      `${target.name}: ${runs} runs, ${functions} functions, ${characters} characters of code, ${pool.length} inputs`,
    );
    if (found === null) writeCorpus(target.name, await smallestSet(pool, harness));
    return explored;
  } finally {
    coverage.end();
    await watchdog.end();
    await harness.end?.();
  }
}

/** True where nothing was found. */
async function fuzz(target: Target, seconds: number): Promise<boolean> {
  const seed = Number(process.env.SHERIN_FUZZ_SEED ?? Date.now() % 2 ** 32);
  console.log(`${target.name}: ${seconds} s, SHERIN_FUZZ_SEED=${seed}`);
  const { found } = await explore(target, seconds, seed);
  if (found === null) return true;
  const name = createHash('sha256').update(found.input).digest('hex').slice(0, 16);
  const path = join(findings, `${target.name}-${name}`);
  writeFileSync(path, found.input);
  console.error(`${target.name}: broken by ${path}`, found.error);
  return false;
}

function fuzzNative(name: string, seconds: number): boolean {
  const make = ['--silent', '-C', join(projectRoot, 'native/fuzz'), `run-${name}`, `SECONDS=${seconds}`];
  return spawnSync('make', make, { stdio: 'inherit' }).status === 0;
}

const [name, time = '60'] = process.argv.slice(2);
const seconds = Number(time);
const chosen = targets.filter((target) => name === undefined || name === target.name);
const native = nativeTargets().filter((one) => name === undefined || name === one);
if (chosen.length + native.length === 0 || !(seconds > 0)) {
  console.error('usage: npm run fuzz -- [TARGET] [SECONDS]\ntargets:');
  for (const one of [...targets.map((target) => target.name), ...nativeTargets()]) console.error(`  ${one}`);
  process.exit(2);
}
mkdirSync(findings, { recursive: true });
let good = true;
for (const target of chosen) good = (await fuzz(target, seconds)) && good;
for (const one of native) good = fuzzNative(one, seconds) && good;
process.exit(good ? 0 : 1);
