import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { DaemonDatabase } from '../database/database.js';
import { Registry } from './registry.js';

let directory: string;
let database: DaemonDatabase;
let registry: Registry;
let now = 1;

function start(): void {
  registry = new Registry(database, directory, new Map([['shipped', '/usr']]), () => now++);
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sherin-registry-'));
  database = DaemonDatabase.open(directory);
  start();
});
afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const userOf = (bot: string) =>
  database.get<{ readonly uid: number }>('SELECT uid FROM bots WHERE bot = ?', bot)?.uid;

it('a bot that was removed has its user again when it comes back, and nobody else has it meanwhile', () => {
  registry.put('one', '/tmp');
  const user = userOf('one');
  registry.remove('one');
  registry.put('two', '/tmp');
  expect(registry.all().map(({ bot }) => bot)).toEqual(['shipped', 'two']);
  expect(userOf('two')).not.toBe(user);
  start();
  registry.put('one', '/tmp');
  expect(userOf('one')).toBe(user);
});

it('there is a user for a new bot, however many others were removed', () => {
  registry.put('stays', '/tmp');
  const user = userOf('stays');
  database.transaction(() => {
    for (let at = 0; at < 1_100; at++) {
      registry.put(`bot-${at}`, '/tmp');
      registry.remove(`bot-${at}`);
    }
  });
  expect(database.get('SELECT count(*) AS bots FROM bots')).toEqual({ bots: 256 });
  expect([userOf('stays'), userOf('bot-0')]).toEqual([user, undefined]);
  expect(userOf('bot-1099')).toBeDefined();
});

it('one that comes along and was stopped stays so when what stood in its place is removed', () => {
  registry.put('shipped', '/tmp');
  registry.want('shipped', false);
  registry.remove('shipped');
  expect(registry.all()).toMatchObject([{ bot: 'shipped', folder: '/usr', wanted: false }]);
});
