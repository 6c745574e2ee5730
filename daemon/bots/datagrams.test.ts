/** Datagrams that are not to be believed: from the bot, from other bots, from outside. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SupervisedBot } from './supervised-bot.js';
import { BotWorkplace, idOf, taskOf, until } from './testing/workplace.js';

let place: BotWorkplace;
let bot: SupervisedBot;
beforeEach(() => {
  place = new BotWorkplace();
});
afterEach(() => place.remove());

const socketThree = 'import array, json, os, socket, time\ns = socket.socket(fileno=3)\n';
const reasons = () => place.refusals.map(({ reason }) => reason);

async function runner(manifest: object = {}): Promise<void> {
  bot = place.bot('runner.py', manifest);
  await bot.start();
}

describe('from the bot', () => {
  beforeEach(() => runner());

  test('an answer for a task that it was not given is refused', async () => {
    const other = idOf(0xffff);
    await place.run(
      bot,
      `${socketThree}s.send(json.dumps({"task_id": "${other}", "result_id": "${other}"}).encode())`,
    );
    expect(place.refusals).toMatchObject([{ reason: 'unknown-task', taskId: other }]);
    expect(place.refusals[0]?.sender.uid).toBe(place.uid ?? process.getuid?.());
  });

  test('the second answer is refused, and the first stands', async () => {
    const early = idOf(0xabc);
    const id = place.request(`${socketThree}
task = sorted(os.listdir(os.environ["SHERIN_IN"]))[-1]
s.send(json.dumps({"task_id": task, "result_id": "${early}", "requires": ["${early}"]}).encode())`);
    expect(await bot.give(taskOf(id))).toEqual({ kind: 'requires', requires: [early] });
    await until(() => place.refusals.length > 0);
    expect(place.refusals).toMatchObject([{ reason: 'second-answer', taskId: id }]);
  });

  test('what is too long, no message or carries descriptors is refused', async () => {
    const said = await place.run(
      bot,
      `${socketThree}
s.send(b"x" * 2049)
s.send(b"x" * 2048)
s.send(b"{}")
s.send(b"")
s.send(json.dumps({"task_id": "../../etc/shadow", "error": "x"}).encode())
s.sendmsg([b'{"heartbeat":true}'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [os.open("/dev/null", 0)]))])
print("sent")`,
    );
    expect(said).toContain('sent');
    expect(reasons()).toEqual([
      'oversize',
      'malformed',
      'malformed',
      'malformed',
      'malformed',
      'descriptors',
    ]);
    expect(bot.facts.state).toBe('ready');
  });

  test('a child may send through the descriptor and end at once', async () => {
    // Fewer than the queue holds: the runner has set the socket not to wait.
    const children = `import subprocess
for _ in range(8): subprocess.run(["sh", "-c", "printf '{\\"heartbeat\\":true}' >&3"], pass_fds=[3], check=True)`;
    expect(await place.run(bot, children)).toBe('exit 0\n');
    expect(place.refusals).toEqual([]);
  });

  test('any of its processes may send, by the path, too, as long as it is there', async () => {
    const byPath = `import os, socket, time
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.sendto(b'{"heartbeat":true}', os.environ["SHERIN_SOCKETS"] + "/sherind.sock")
time.sleep(1)`;
    await place.run(bot, byPath);
    expect(place.refusals).toEqual([]);
  });

  test('nobody but sherind can give it tasks', async () => {
    const said = await place.run(
      bot,
      `import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
try: s.sendto(b"{}", os.environ["SHERIN_SOCKETS"] + "/bot.sock")
except PermissionError: print("refused")`,
    );
    expect(said).toContain('refused');
  });

  test('too many that are refused end it', async () => {
    const id = place.request(`${socketThree}\ns.settimeout(60)\nwhile True: s.send(b"{}")`);
    expect(await bot.give(taskOf(id))).toEqual({ kind: 'failed', reason: 'datagrams' });
    expect(place.refusals).toHaveLength(100);
  });

  test('too many that are good end it, too', async () => {
    const id = place.request(`${socketThree}\ns.settimeout(60)\nwhile True: s.send(b'{"heartbeat":true}')`);
    expect(await bot.give(taskOf(id))).toEqual({ kind: 'failed', reason: 'datagrams' });
    expect(place.refusals).toEqual([]);
  });
});

describe('from others', () => {
  /** Sends an answer to the bot's task from outside its sandbox; what became of it. */
  function forge(id: string, who: readonly string[]): string {
    const [name = ''] = readdirSync(place.runtime);
    const script = `import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
try: s.sendto(json.dumps({"task_id": sys.argv[2], "error": "forged"}).encode(), sys.argv[1]); print("sent")
except OSError as error: print(type(error).__name__)`;
    const [program = '', ...args] = [
      ...who,
      'python3',
      '-c',
      script,
      join(place.runtime, name, 'sockets/sherind.sock'),
      id,
    ];
    return execFileSync(program, args, { encoding: 'utf8', env: { PATH: '/usr/bin:/bin' } }).trim();
  }
  const as = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];

  test('the user who runs sherind is refused', async () => {
    bot = place.bot('silent.sh');
    await bot.start();
    const attempt = bot.give(taskOf(idOf(1)));
    expect(forge(idOf(1), [])).toBe('sent');
    // An answer that is taken ends the attempt.
    await Promise.race([attempt, until(() => place.refusals.length > 0)]);
    expect(place.refusals).toMatchObject([{ reason: 'forged-sender', sender: { uid: process.getuid?.() } }]);
    await bot.stop();
    expect(await attempt).toEqual({ kind: 'failed', reason: 'stopped' });
  });

  test.runIf(process.getuid?.() === 0)(
    'another bot’s user has no access, and the bot’s own outside the sandbox is refused',
    async () => {
      bot = place.bot('silent.sh');
      await bot.start();
      const attempt = bot.give(taskOf(idOf(1)));
      expect(forge(idOf(1), as((place.uid ?? 0) + 1))).toBe('PermissionError');
      expect(forge(idOf(1), as(place.uid ?? 0))).toBe('sent');
      await until(() => place.refusals.length > 0);
      expect(place.refusals).toMatchObject([{ reason: 'forged-sender', sender: { uid: place.uid } }]);
      await bot.stop();
      expect(await attempt).toEqual({ kind: 'failed', reason: 'stopped' });
    },
  );

  test('many of them do not end the bot', async () => {
    bot = place.bot('silent.sh');
    await bot.start();
    const [name = ''] = readdirSync(place.runtime);
    const flood = `import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
for _ in range(300): s.sendto(b"{}", sys.argv[1])`;
    const flooding = spawnSync('timeout', [
      '5',
      'python3',
      '-c',
      flood,
      join(place.runtime, name, 'sockets/sherind.sock'),
    ]);
    // The queue is full while nobody reads here: that many were sent as it holds.
    expect(flooding.status).toBe(124);
    await until(() => place.refusals.length >= 10);
    expect(new Set(reasons())).toEqual(new Set(['forged-sender']));
    expect(bot.facts).toMatchObject({ state: 'ready', restarts: 0 });
  });
});

describe('memory', () => {
  test('of one process has a limit', async () => {
    await runner({ limits: { memory: 128 * 2 ** 20 } });
    expect(
      await place.run(bot, 'try: bytearray(200 * 2**20)\nexcept MemoryError: print("no more")'),
    ).toContain('no more');
  });

  test('of all together has one: a bot that takes more is ended', async () => {
    await runner({ limits: { memory: 128 * 2 ** 20 } });
    const hog = `import os, time
for _ in range(4):
    if os.fork() == 0: break
kept = bytearray(60 * 2**20)
for at in range(0, len(kept), 4096): kept[at] = 1
time.sleep(60)`;
    const outcome = await bot.give(taskOf(place.request(hog)));
    // A cgroup's limit ends all of it at once, which is an exit.
    expect(outcome).toEqual({
      kind: 'failed',
      reason: bot.facts.limits?.memory === 'cgroup' ? 'exit' : 'memory',
    });
  });

  test('that processes share has the same', async () => {
    await runner({ limits: { memory: 64 * 2 ** 20 } });
    const hog = `import mmap, time
kept = mmap.mmap(-1, 200 * 2**20)
for at in range(0, len(kept), 4096): kept[at] = 1
time.sleep(60)`;
    expect(await bot.give(taskOf(place.request(hog)))).toMatchObject({ kind: 'failed' });
  });
});
