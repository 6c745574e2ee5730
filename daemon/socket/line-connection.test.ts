/** One connection over a real socket: its times, and its end. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineLimit } from '../protocol/lines.js';
import { RawClient, silent } from './daemon.fixture.js';
import { busyLine } from './dispatch.js';
import type { AnswerLine } from './line-connection.js';
import { LineServer, type SocketLimits, socketLimits } from './line-server.js';

let folder: string;
let server: LineServer | null;
let one: RawClient;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  server = null;
});
afterEach(async () => {
  one.socket.destroy();
  await server?.close();
  rmSync(folder, { recursive: true });
});

async function connected(answer: AnswerLine, limits: Partial<SocketLimits> = {}): Promise<LineServer> {
  const path = join(folder, 'sherind.sock');
  server = await LineServer.listen({
    ...{ path, answer, busy: busyLine, log: silent },
    limits: { ...socketLimits, ...limits },
  });
  one = await RawClient.connect(path);
  return server;
}

/** How many come until the end. */
async function bytesOf({ socket }: RawClient): Promise<number> {
  let bytes = 0;
  socket.removeAllListeners('data');
  socket.on('data', (part: string) => {
    bytes += part.length;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume().end();
  await closed;
  return bytes;
}

describe('a connection', () => {
  it('whose client never ends its line is closed, whatever it is told meanwhile', async () => {
    const answer: AnswerLine = async (_, client) => {
      const telling = setInterval(() => {
        if (client.closed) clearInterval(telling);
        else client.send(Buffer.from('{}\n'));
      }, 5);
      client.hold();
      return Buffer.from('{}\n');
    };
    await connected(answer, { line: 100 });
    one.send('\n{"jsonrpc"');
    while ((await one.line()) !== null);
  });

  it('that is closed gets what was answered before, whatever is answered after', async () => {
    const line = Buffer.alloc(lineLimit, `${'x'.repeat(lineLimit - 1)}\n`);
    let started = 0;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const quick = 60;
    const answer = async (): Promise<Buffer> => {
      started += 1;
      if (started > quick) await finished;
      return line;
    };
    const server = await connected(answer);
    one.socket.pause();
    // More than the kernel takes.
    one.send('\n'.repeat(quick + 1));
    while (started <= quick) await new Promise((resolve) => setTimeout(resolve, 5));
    const closed = server.close();
    finish();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await bytesOf(one)).toBe(quick * lineLimit);
    await closed;
  });
});
