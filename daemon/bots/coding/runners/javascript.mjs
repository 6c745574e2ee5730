/**
 * Loaded before a file of tests and as its reporter: tells of each test, by descriptor 3, that it begins, that it is through and what
 * came of it; and at the end which parts of the program have run.
 */
import assert from 'node:assert';
import fs from 'node:fs';
import { Session } from 'node:inspector';
import { afterEach, beforeEach } from 'node:test';

// What the program may put in their places later is not called.
const { writeSync, readSync } = fs;
const { stringify } = JSON;
Object.freeze(assert);
Object.freeze(assert.strict);

/** Given once, before anything of the request runs; it stands before every report. */
const token = readToken();

function readToken() {
  const bytes = Buffer.alloc(32);
  for (let at = 0; at < bytes.length; ) at += readSync(3, bytes, at, bytes.length - at, null);
  return bytes.toString();
}

function send(report) {
  const line = Buffer.from(`${token} ${stringify(report)}\n`);
  for (let at = 0; at < line.length; ) at += writeSync(3, line, at);
}

const profiler = new Session();
profiler.connect();
profiler.post('Profiler.enable');
profiler.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

function rangesRun() {
  let found = [];
  profiler.post('Profiler.takePreciseCoverage', (_, { result }) => {
    found = result;
  });
  const folder = 'file:///task/';
  return found
    .filter(({ url }) => url.startsWith(folder) && !url.startsWith(`${folder}test_`))
    .map(({ url, functions }) => ({
      file: url.slice(folder.length),
      ranges: functions.flatMap(({ ranges }) =>
        ranges.map(({ startOffset, endOffset, count }) => [startOffset, endOffset, count]),
      ),
    }));
}

const nameOf = ({ fullName, name }) => fullName ?? name;
beforeEach(async (test) => {
  // What came of the test before is told by then.
  await new Promise((resolve) => setImmediate(resolve));
  send({ begins: nameOf(test) });
});
afterEach((test) => send({ through: nameOf(test) }));

function outcomeOf(type, { skip, todo, details }) {
  const reason = skip ?? todo;
  if (reason !== undefined) return { outcome: 'skipped', message: typeof reason === 'string' ? reason : '' };
  if (type === 'test:pass') return { outcome: 'passed', message: '' };
  const { error } = details;
  const cause = error?.cause ?? error;
  const failed = cause?.code === 'ERR_ASSERTION' || error?.failureType === 'expectedFailure';
  return {
    outcome: failed ? 'failed' : 'error',
    message: `${cause?.stack ? cause : (cause?.message ?? cause)}`,
  };
}

export default async function* report(events) {
  const above = [];
  for await (const { type, data } of events) {
    if (type === 'test:start') above.splice(data.nesting, above.length, data.name);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    // Of a suite whose tests are told nothing more is to be said.
    const { details, nesting, name } = data;
    const isSuite = details?.type === 'suite';
    if (isSuite && (type === 'test:pass' || details.error?.failureType === 'subtestsFailed')) continue;
    send({ test: [...above.slice(0, nesting), name].join(' > '), ...outcomeOf(type, data) });
    yield '';
  }
  send({ program: rangesRun() });
  send({ end: true });
}
