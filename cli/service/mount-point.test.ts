import { mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { places } from '../../common/environment.js';
import { needMountPoint } from './mount-point.js';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-mount-point-'));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

test('the usual mount point is made for this user alone, once', () => {
  const mount = join(home, 'sherin');
  needMountPoint({ mount, mountNamed: false });
  needMountPoint({ mount, mountNamed: false });
  expect(statSync(mount).mode & 0o7777).toBe(0o700);
});

test('one that was named must be there', () => {
  const mount = join(home, 'sherni');
  const missing = expect.objectContaining({
    code: 'MOUNT_MISSING',
    hint: `make it with: mkdir ${mount}`,
  });
  expect(() => needMountPoint({ mount, mountNamed: true })).toThrow(missing);
  needMountPoint({ mount: home, mountNamed: true });
});

test('one that can not be made is named, and what stands there is left to who mounts', () => {
  const mount = join(home, 'none/sherin');
  const missing = expect.objectContaining({ code: 'MOUNT_MISSING' });
  expect(() => needMountPoint({ mount, mountNamed: false })).toThrow(missing);
  const link = join(home, 'link');
  symlinkSync(join(home, 'nothing'), link);
  needMountPoint({ mount: link, mountNamed: false });
});

test('a flag or a variable names it, otherwise it is the usual one', () => {
  expect(places({}, { HOME: home }).mountNamed).toBe(false);
  expect(places({ mount: home }, { HOME: home }).mountNamed).toBe(true);
  expect(places({}, { HOME: home, SHERIN_MOUNT: home }).mountNamed).toBe(true);
});
