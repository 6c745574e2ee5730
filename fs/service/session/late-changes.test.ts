/** Changes that are made after the kernel was told that they were not: their deadline has answered them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { open, readFile, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../../test/vault/wait.js';
import { NativeDriver } from '../../mount/native/driver.js';
import { VaultSource } from '../mounting/mount-source.js';
import { ServedVault } from '../service.fixture.js';
import type { Session } from './session.js';

let vault: ServedVault;
let driver: NativeDriver;
let path: string;
/** Lets the change go on that waits. */
let goOn: () => void;
beforeEach(async () => {
  vault = await ServedVault.start();
  await vault.make('a', 'content');
  const { changes } = await vault.reopen();
  path = mkdtempSync(join(tmpdir(), 'sherin-mount-'));
  const source = new VaultSource(vault.service, false, null);
  const log = { error: () => undefined, warn: () => undefined };
  driver = new NativeDriver({ path, allowOther: false, listIds: false, deadline: 200, source, log });
  await driver.mount();
  hold(changes);
});
afterEach(async () => {
  await driver.unmount();
  await vault.end();
  rmSync(path, { recursive: true });
});

/** As of a disk that hangs. */
function hold(changes: Session['changes']): void {
  const free = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const made = changes.truncate.bind(changes);
  changes.truncate = async (...args) => {
    await free;
    await made(...args);
  };
}

const file = (): string => join(path, 'files/a');

it('show in what the kernel keeps where a file was truncated', async () => {
  expect(await readFile(file(), 'utf8')).toBe('content');
  await expect(truncate(file(), 3)).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect((await stat(file())).size).toBe(7);
  goOn();
  await shows('con');
});

it('show in what the kernel keeps where a file was truncated by opening it', async () => {
  expect(await readFile(file(), 'utf8')).toBe('content');
  await expect(open(file(), 'w')).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect((await stat(file())).size).toBe(7);
  goOn();
  await shows('');
});

async function shows(content: string): Promise<void> {
  let size = 7;
  await until('the kernel keeps the old size', () => {
    stat(file()).then((now) => {
      size = now.size;
    });
    return size === content.length;
  });
  expect(await readFile(file(), 'utf8')).toBe(content);
}
