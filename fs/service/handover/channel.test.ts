import { closeSync, fstatSync, openSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { SherinError } from '../../../common/errors.js';
import { attach, type Connection, pair } from '../../../native/ipc.js';
import { Channel } from './channel.js';

const code = (name: string) => expect.objectContaining({ code: name });
let channel: Channel;
let other: Connection;

beforeEach(() => {
  const [own, theirs] = pair();
  channel = new Channel(own);
  other = attach(theirs, { message: () => undefined, close: () => undefined });
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

it.each(['not JSON', '{"say":"prepared","more":1}', '{"say":"other"}', '[]'])('ends at %s', async (text) => {
  await say(text);
  await expect(channel.hear('prepared', 1_000)).rejects.toThrow('it has ended');
});
