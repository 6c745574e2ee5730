/**
 * `npm run bench [-- part… --rounds N --peers a,b --readme]`: measures, prints tables, keeps the figures in bench/results/; with
 * `--readme` puts them into README.md too.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Row } from './measure.js';
import { codec } from './parts/codec.js';
import { importTree } from './parts/import.js';
import { manifest } from './parts/manifest.js';
import { memory } from './parts/memory.js';
import type { Part } from './parts/part.js';
import { read } from './parts/read.js';
import { withFigures } from './readme.js';
import { markdown, report, toJson } from './report.js';
import { isPeer } from './stores/peer.js';

const parts: Readonly<Record<string, Part>> = { read, import: importTree, memory, manifest, codec };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'gocryptfs' },
    readme: { type: 'boolean', default: false },
  },
});
const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
const rounds = Number(values.rounds);
const peers = values.peers.split(',');
const names = positionals.length > 0 ? positionals : Object.keys(parts);

const unknown = names.find((name) => parts[name] === undefined);
if (unknown !== undefined) fail(`there is no part ${unknown}; parts: ${Object.keys(parts).join(' ')}`);
if (!peers.every(isPeer)) fail('--peers takes some of gocryptfs,encfs,cryfs,securefs');
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds takes a whole number from 1');
if (process.getuid?.() !== 0) fail('run as root: cold figures need the page cache dropped');

const rows: Row[] = [];
for (const name of names) {
  say(`part ${name}`);
  rows.push(...((await parts[name]?.({ rounds, peers, say })) ?? []));
}
const run = report(rows, rounds);
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

function fail(what: string): never {
  say(what);
  process.exit(2);
}
