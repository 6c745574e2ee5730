/** Messages of clients and bots, and what a bot says of itself. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineSplitter } from '../../../common/line-splitter.js';
import { readBot } from '../../../daemon/bots/bot-program.js';
import { decodeBotMessage } from '../../../daemon/bots/messages.js';
import { controlMethods, isControlMethod } from '../../../daemon/protocol/control.js';
import { type DaemonMethod, daemonMethods } from '../../../daemon/protocol/daemon.js';
import { daemonResponseSchema, lineLimit } from '../../../daemon/protocol/lines.js';
import { requestSchema } from '../../../daemon/protocol/rpc.js';
import { sample, tree } from '../../../daemon/protocol/schemas.fixture.js';
import { answering } from '../../../daemon/socket/daemon.fixture.js';
import { TokenBuckets } from '../../../daemon/socket/token-buckets.js';
import { noteRefusal } from '../refusals.js';
import { ScratchFile } from '../scratch-file.js';
import { answer, type Target } from '../target.js';

function request(method: string, params: unknown): Buffer {
  return Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }));
}

export const daemonLine: Target = {
  name: 'daemon-line',
  form: 'json',
  begin() {
    const ask = answering(undefined, undefined, new TokenBuckets({ burst: 1e12, perSecond: 1 }));
    const methods = Object.keys(daemonMethods) as DaemonMethod[];
    return {
      seeds: methods.map((method) => request(method, sample(tree(daemonMethods[method].params, 'input')))),
      async run(input) {
        const told = await ask(input);
        if (told === null) return;
        noteRefusal(told.toString());
        if (told.length > lineLimit) throw new Error('an answer is longer than a line');
        daemonResponseSchema.parse(JSON.parse(told.toString()));
      },
    };
  },
};

/** Bytes as they come over a stream, in pieces: the first byte of the input says of which length. */
export const lines: Target = {
  name: 'line-splitter',
  form: 'bytes',
  begin: () => ({
    seeds: [Buffer.from('\x05one\ntwo\n\nthree'), Buffer.from(`\x01${'x'.repeat(40)}\ny\n`)],
    run(input) {
      const [limit, step] = [16, 1 + (input[0] ?? 0)];
      const splitter = new LineSplitter(limit);
      const told: (string | null)[] = [];
      for (let at = 1; at < input.length; at += step) {
        splitter.push(input.subarray(at, at + step));
        for (let line = splitter.next(); line !== null; line = splitter.next())
          told.push(line === 'too-long' ? null : line.toString('latin1'));
      }
      const whole = input.subarray(1).toString('latin1').split('\n');
      const last = whole.pop() ?? '';
      const wanted = whole.map((line) => (line.length + 1 > limit ? null : line));
      if (last.length >= limit) wanted.push(null);
      if (JSON.stringify(told) !== JSON.stringify(wanted)) throw new Error('lines are split elsewhere');
    },
  }),
};

export const controlRequest: Target = {
  name: 'control-request',
  form: 'json',
  begin: () => ({
    seeds: Object.entries(controlMethods).map(([name, { params }]) => request(name, sampled(params))),
    run(input) {
      const value = answer(() => JSON.parse(input.toString()) as unknown, SyntaxError);
      const parsed = requestSchema.safeParse(value);
      if (!parsed.success || !isControlMethod(parsed.data.method)) return;
      const { method, params } = parsed.data;
      const checked = controlMethods[method].params.safeParse(params);
      if (!checked.success) noteRefusal(`${method} ${checked.error.message}`);
    },
  }),
};

function sampled(schema: (typeof controlMethods)[keyof typeof controlMethods]['params']): unknown {
  try {
    return sample(tree(schema, 'input'));
  } catch {
    return {};
  }
}

const id = 'FILES_20260101_0123456789abcdef0123456789abcdef';

export const botDatagram: Target = {
  name: 'bot-datagram',
  form: 'json',
  begin: () => ({
    seeds: [
      { task_id: id, result_id: id },
      { task_id: id, requires: [id, id] },
      { task_id: id, error: 'no-answer' },
      { task_id: id, domain: 'a', department: 'b', class: 'c' },
      { task_id: id, pass: true },
      { task_id: id, pass: false, reason: 'empty' },
      { heartbeat: true },
    ].map((message) => Buffer.from(JSON.stringify(message))),
    run(input) {
      const read = decodeBotMessage(input);
      if (read === undefined) return;
      const again = decodeBotMessage(Buffer.from(JSON.stringify(read)));
      if (JSON.stringify(again) !== JSON.stringify(read)) throw new Error('a message is read as another one');
    },
  }),
};

export const botManifest: Target = {
  name: 'bot-manifest',
  form: 'json',
  begin() {
    const file = new ScratchFile('unused');
    const folder = join(file.directory, 'bot');
    mkdirSync(folder, { mode: 0o755 });
    writeFileSync(join(folder, 'bot.py'), '', { mode: 0o755 });
    const seed = {
      ...{
        bot_id: 'words',
        version: '1.0.0',
        layer: 'worker',
        domain: 'text',
        subdomain: null,
        specialty: null,
      },
      ...{ department: 'letters', exec: ['./bot.py', '-v'], connection_points: ['a'], max_concurrent: 2 },
      ...{ limits: { memory: 2 ** 28, task_seconds: 3 }, nests: false, inputs: ['FILES'] },
    };
    return {
      seeds: [Buffer.from(JSON.stringify(seed)), Buffer.from(JSON.stringify({ ...seed, inputs: 'pure' }))],
      run(input) {
        writeFileSync(join(folder, 'bot.json'), input, { mode: 0o644 });
        const bot = answer(() => readBot(folder));
        if (bot !== undefined && /(^|\/)\.\.(\/|$)/.test(bot.manifest.exec[0]))
          throw new Error('a program outside');
      },
      end() {
        rmSync(folder, { recursive: true });
        file.end();
      },
    };
  },
};
