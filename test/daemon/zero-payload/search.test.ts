/** The search of the test beside this folder finds what it is to find. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { memoryOf } from './memory.js';
import { Recording } from './recording.js';
import { Traces } from './traces.js';

const content = randomBytes(2_000);
const traces = new Traces([content, randomBytes(500)]);
const part = (length: number): Buffer => {
  const at = randomInt(content.length - length);
  return content.subarray(at, at + length);
};
const among = (bytes: Buffer | string): Buffer =>
  Buffer.concat([randomBytes(randomInt(5_000)), Buffer.from(bytes), randomBytes(randomInt(5_000))]);

const planted: Readonly<Record<string, (bytes: Buffer) => Buffer | string>> = {
  raw: (bytes) => bytes,
  hex: (bytes) => bytes.toString('hex'),
  HEX: (bytes) => bytes.toString('hex').toUpperCase(),
  JSON: (bytes) => JSON.stringify(bytes.toString('latin1')),
  'two bytes each': (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
};

let children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
});

describe('one run of 16 bytes is found', () => {
  it.each(Object.entries(planted))('%s', (form, write) => {
    for (let times = 0; times < 50; times++) expect(traces.find(among(write(part(16))))).toContain(form);
  });

  it.each([0, 1, 2])('base64, %i bytes behind the start', (shift) => {
    for (let times = 0; times < 50; times++) {
      const text = Buffer.concat([randomBytes(shift), part(16), randomBytes(7)]);
      expect(traces.find(among(text.toString('base64')))).toContain('base64');
      expect(traces.find(among(text.toString('base64url')))).toContain('base64url');
    }
  });

  it('and none where there is none, or one that is shorter', () => {
    for (let times = 0; times < 20; times++) {
      expect(traces.find(randomBytes(100_000))).toEqual(new Set());
      const short = Buffer.concat([randomBytes(99), part(11), randomBytes(99)]);
      for (const write of Object.values(planted))
        expect(traces.find(Buffer.from(write(short)))).toEqual(new Set());
    }
  });
});

/** A process that keeps in memory, and sends to itself, what its input is in some form. */
async function keeping(form: string): Promise<ChildProcess> {
  const program = `
const { readFileSync } = require('node:fs');
process.stdin.once('data', (text) => {
  const bytes = Buffer.from(text.toString(), 'hex').map((byte) => byte ^ 0xff);
  text.fill(0);
  globalThis.kept = ({ raw: () => Buffer.from(bytes), hex: () => bytes.toString('hex').split('').join(''),
    JSON: () => JSON.stringify(bytes.toString('latin1')) })[process.argv[1]]();
  console.log('kept');
  setInterval(() => kept.length, 1000);
});
process.stdin.once('close', () => process.exit());`;
  const child = spawn(process.execPath, ['-e', program, form], { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const inverted = part(64).map((byte) => byte ^ 0xff);
  child.stdin.write(Buffer.from(inverted).toString('hex'));
  await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
  return child;
}

it.each(['raw', 'hex', 'JSON'])('what a process keeps in memory (%s) is found there', async (form) => {
  const { pid = -1 } = await keeping(form);
  const found = new Set<string>();
  for (const bytes of memoryOf(pid)) for (const one of traces.find(bytes)) found.add(one);
  expect(found).toContain(form === 'JSON' ? 'JSON, a byte each' : form);
});

it.runIf(process.getuid?.() === 0)(
  'what a process sends, and gives to programs that it starts, is found in the recording',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
    const program = `
import os, socket, subprocess, sys
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
for line in sys.stdin:
    how, text = line.split()
    if how == 'send': a.send(bytes.fromhex(text)); b.recv(9999)
    if how == 'argument': subprocess.run(['true', text])
    if how == 'environment': subprocess.run(['true'], env={'PATH': os.environ['PATH'], 'X': text})
    if how == 'program': subprocess.run([sys.executable, '-c', 'import os, sys; os.write(2, bytes(b ^ 255 for b in bytes.fromhex(sys.argv[1])))', text], stderr=subprocess.DEVNULL)
    print('done', flush=True)`;
    try {
      for (const [how, form] of [
        ['send', 'raw'],
        ['argument', 'hex'],
        ['environment', 'hex'],
        // What a program does that it has started is not its doing.
        ['program', null],
      ] as const) {
        const child = spawn('python3', ['-c', program], { stdio: ['pipe', 'pipe', 'inherit'] });
        children.push(child);
        const recording = await Recording.of(child.pid ?? -1, join(folder, how));
        const bytes = how === 'program' ? part(64).map((byte) => byte ^ 255) : part(64);
        child.stdin.write(`${how} ${Buffer.from(bytes).toString('hex')}\n`);
        await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
        const found = new Set((await recording.end()).flatMap((one) => [...traces.find(one)]));
        if (form === null) expect(found).toEqual(new Set());
        else expect(found).toContain(form);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
