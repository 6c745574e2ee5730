/** `npm run bench`: measures, prints tables, keeps the figures in bench/results/. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { MiB } from './material.js';
import type { Row } from './measure.js';
import { audit } from './parts/audit.js';
import { codec } from './parts/codec.js';
import { daemon } from './parts/daemon.js';
import { growth } from './parts/growth.js';
import { importTree } from './parts/import.js';
import { manifest } from './parts/manifest.js';
import { memory } from './parts/memory.js';
import type { Part } from './parts/part.js';
import { random } from './parts/random.js';
import { read } from './parts/read.js';
import { unlock } from './parts/unlock.js';
import { write } from './parts/write.js';
import { withFigures } from './readme.js';
import { markdown, report, toJson } from './report.js';
import { isPeer, peerNames } from './stores/peer.js';

const parts: Readonly<Record<string, Part>> = {
  read,
  random,
  import: importTree,
  write,
  memory,
  unlock,
  manifest,
  growth,
  codec,
  daemon,
  audit,
};

const usage = `npm run bench [-- part… options]; parts: ${Object.keys(parts).join(' ')}

  --rounds N      runs of each, of which the median counts (5)
  --peers A,B     ${peerNames.join(', ')}, or all (gocryptfs)
  --driver NAME   driver of the mount
  --quick         without the largest sizes of growth
  --mib N         MiB of the large file, a multiple of 4 (256)
  --files N       files of the tree, a multiple of 1000 (10000)
  --readme        puts the figures into README.md`;

function given() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        rounds: { type: 'string', default: '5' },
        peers: { type: 'string', default: 'gocryptfs' },
        driver: { type: 'string' },
        quick: { type: 'boolean', default: false },
        mib: { type: 'string', default: '256' },
        files: { type: 'string', default: '10000' },
        readme: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    fail(`${(error as Error).message}\n${usage}`);
  }
}

const { values, positionals } = given();
if (values.help) {
  process.stdout.write(`${usage}\n`);
  process.exit(0);
}
const [rounds, mib, files] = [values.rounds, values.mib, values.files].map(Number) as [
  number,
  number,
  number,
];
const { driver, quick } = values;
const peers = values.peers === 'all' ? peerNames : values.peers.split(',');
const names = positionals.length > 0 ? positionals : Object.keys(parts);

const unknown = names.find((name) => parts[name] === undefined);
if (unknown !== undefined) fail(`there is no part ${unknown}; parts: ${Object.keys(parts).join(' ')}`);
if (!peers.every(isPeer)) fail(`--peers takes all, or some of ${peerNames.join()}`);
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds takes a whole number from 1');
// Growth begins at a quarter of the one and a tenth of the other.
if (!Number.isInteger(mib / 4) || mib < 4) fail('--mib takes a multiple of 4');
if (!Number.isInteger(files / 1000) || files < 1000) fail('--files takes a multiple of 1000');
if (process.getuid?.() !== 0) fail('run as root: cold figures need the page cache dropped');

const rows: Row[] = [];
for (const name of names) {
  say(`part ${name}`);
  const options = { rounds, peers, driver, fileBytes: mib * MiB, files, quick, say };
  rows.push(...((await parts[name]?.(options)) ?? []));
}
const run = report(rows, rounds, driver);
process.stdout.write(`\n${markdown(run)}`);

const project = new URL('../../', import.meta.url);
const file = `bench/results/${run.date.replace(/[:.]/g, '-')}.json`;
mkdirSync(new URL('bench/results/', project), { recursive: true });
writeFileSync(new URL(file, project), toJson(run));
say(`figures kept in ${file}`);
if (values.readme) {
  const readme = new URL('README.md', project);
  writeFileSync(readme, withFigures(readFileSync(readme, 'utf8'), file, run));
}

function say(text: string): void {
  process.stderr.write(`bench: ${text}\n`);
}

function fail(what: string): never {
  say(what);
  process.exit(2);
}
