import { closeSync, fstatSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SherinError } from '../../../common/errors.js';
import { attach, type Connection, memfd, pair } from '../../../native/ipc.js';
import { Channel } from './channel.js';
import { descriptorsOf } from './descriptors.fixture.js';

const code = (name: string) => expect.objectContaining({ code: name });
let channel: Channel;
let other: Connection;
/** The channel has closed its end. */
let otherEnded: Promise<void>;

beforeEach(() => {
  const [own, theirs] = pair();
  channel = new Channel(own);
  otherEnded = new Promise((close) => {
    other = attach(theirs, { message: () => undefined, close: () => close() });
  });
});
afterEach(() => {
  channel.close();
  other.close();
});

const say = (value: unknown, fds: readonly number[] = []): Promise<void> =>
  other.send(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), fds);

it('gives words in order, each with its descriptors', async () => {
  const fd = openSync('/dev/null', 'r');
  await say({ say: 'hello', version: '9', document: 7 });
  await say({ say: 'take' }, [fd]);
  closeSync(fd);
  expect((await channel.hear('hello', 1_000)).message).toEqual({ say: 'hello', version: '9', document: 7 });
  const { fds } = await channel.hear('take', 1_000);
  expect(fds.map((each) => fstatSync(each).isCharacterDevice())).toEqual([true]);
  for (const each of fds) closeSync(each);
});

it('tells why the other one has failed', async () => {
  await say({ say: 'failed', error: new SherinError('VAULT_BUSY', { path: '/v' }).failure });
  await expect(channel.hear('prepared', 1_000)).rejects.toThrow(code('VAULT_BUSY'));
});

it('fails for another word, for none, and for good once the other end is closed', async () => {
  await say({ say: 'go' });
  await expect(channel.hear('prepared', 1_000)).rejects.toThrow(code('UPGRADE_FAILED'));
  await expect(channel.hear('prepared', 20)).rejects.toThrow('it said nothing');
  other.close();
  await expect(channel.hear('prepared', 1_000)).rejects.toThrow('it has ended');
  await expect(channel.hear('prepared', 1_000)).rejects.toThrow('it has ended');
});

it('keeps no descriptor that nobody asks for', async () => {
  const fd = memfd('sherin-test', 0);
  const { ino } = fstatSync(fd);
  for (let words = 0; words < 2; words++) await say({ say: 'take' }, [fd, fd]);
  const { fds } = await channel.hear('take', 1_000);
  // Both have come.
  while (descriptorsOf(ino) < 1 + 2 + 2) await sleep(1);
  for (const each of fds) closeSync(each);
  channel.close();
  expect(descriptorsOf(ino)).toBe(1);
  closeSync(fd);
});

it('hears a word that came too late the next time', async () => {
  await expect(channel.hear('prepared', 20)).rejects.toThrow('it said nothing');
  await say({ say: 'prepared' });
  expect((await channel.hear('prepared', 1_000)).message).toEqual({ say: 'prepared' });
});

it('ends where descriptors come with a word that has none', async () => {
  const fd = memfd('sherin-test', 0);
  const { ino } = fstatSync(fd);
  await say({ say: 'prepared' }, [fd]);
  await expect(channel.hear('prepared', 1_000)).rejects.toThrow('it has ended');
  expect(descriptorsOf(ino)).toBe(1);
  closeSync(fd);
});

it('ends where the other one says more than there is to say', async () => {
  const fd = memfd('sherin-test', 0);
  const { ino } = fstatSync(fd);
  for (let words = 0; words < 4; words++) await say({ say: 'take' }, [fd]);
  while (descriptorsOf(ino) < 1 + 4) await sleep(1);
  await say({ say: 'take' }, [fd]);
  await otherEnded;
  for (let words = 0; words < 4; words++) {
    const { fds } = await channel.hear('take', 1_000);
    for (const each of fds) closeSync(each);
  }
  await expect(channel.hear('take', 1_000)).rejects.toThrow('it has ended');
  expect(descriptorsOf(ino)).toBe(1);
  closeSync(fd);
});

it.each(['not JSON', '{"say":"prepared","more":1}', '{"say":"other"}', '[]'])('ends at %s', async (text) => {
  await say(text);
  await expect(channel.hear('prepared', 1_000)).rejects.toThrow('it has ended');
});
