/** `npm run bench [-- part… --rounds N --peers a,b]`: measures, prints a table, keeps the figures in bench/results/. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Row } from './measure.js';
import { codec } from './parts/codec.js';
import { importTree } from './parts/import.js';
import { manifest } from './parts/manifest.js';
import { memory } from './parts/memory.js';
import type { Part } from './parts/part.js';
import { read } from './parts/read.js';
import { json, markdown } from './report.js';
import { isPeer } from './stores/peer.js';

const parts: Readonly<Record<string, Part>> = { read, import: importTree, memory, manifest, codec };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    peers: { type: 'string', default: 'gocryptfs' },
  },
});
const say = (text: string): void => void process.stderr.write(`bench: ${text}\n`);
const rounds = Number(values.rounds);
const peers = values.peers.split(',').filter(isPeer);
const names = positionals.length > 0 ? positionals : Object.keys(parts);

const unknown = names.find((name) => parts[name] === undefined);
if (unknown !== undefined) fail(`there is no part ${unknown}; parts: ${Object.keys(parts).join(' ')}`);
if (!Number.isInteger(rounds) || rounds < 1) fail('--rounds takes a whole number from 1');
if (process.getuid?.() !== 0) fail('run as root: cold figures need the page cache dropped');

const rows: Row[] = [];
for (const name of names) {
  say(`part ${name}`);
  rows.push(...((await parts[name]?.({ rounds, peers, say })) ?? []));
}
process.stdout.write(`\n${markdown(rows)}`);
const folder = fileURLToPath(new URL('../../bench/results/', import.meta.url));
mkdirSync(folder, { recursive: true });
const file = join(folder, `${new Date().toISOString().replace(/[:.]/g, '-')}.json`);
writeFileSync(file, json(rows, rounds));
say(`figures kept in ${file}`);

function fail(what: string): never {
  say(what);
  process.exit(2);
}
