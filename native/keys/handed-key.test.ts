/** The master key on its way to another process: readable for who has the descriptor, writable for nobody, gone afterwards. */
import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { keyringOf } from '../codec/vault.fixture.js';
import { Keyring } from '../index.js';
import { memfd, sealMemfd } from '../ipc.js';

const code = (name: string) => expect.objectContaining({ code: name });
const uuid = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const vmk = Buffer.from(Array.from({ length: 32 }, (_, i) => 255 - i));

const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

/** As another process has it: a descriptor of its own. */
function received(fd: number): number {
  const other = openSync(`/proc/self/fd/${fd}`, 'r');
  open.push(other);
  return other;
}

it('opens the same keys, and is overwritten when it is taken back', () => {
  const keyring = keyringOf(vmk, uuid);
  const fd = received(keyring.handOver());
  const data = Buffer.from('the same subkeys');
  expect(Keyring.receive(uuid, fd).hmac('audit', data)).toEqual(keyring.hmac('audit', data));
  const bytes = Buffer.alloc(32);
  expect([readSync(fd, bytes, 0, 32, 0), bytes]).toEqual([32, vmk]);
  keyring.takeBack();
  keyring.takeBack();
  expect([readSync(fd, bytes, 0, 32, 0), bytes]).toEqual([32, Buffer.alloc(32)]);
  expect(keyring.hmac('audit', data)).toHaveLength(32);
});

it('can not be written, made longer or shorter, and stays sealed', () => {
  const keyring = keyringOf(vmk, uuid);
  const fd = keyring.handOver();
  expect(keyring.handOver()).toBe(fd);
  expect(() => writeSync(fd, Buffer.alloc(32), 0, 32, 0)).toThrow(code('EPERM'));
  expect(() => writeSync(fd, Buffer.alloc(1), 0, 1, 32)).toThrow(code('EPERM'));
  expect(() => sealMemfd(fd)).toThrow(code('EPERM'));
  expect(fstatSync(fd).size).toBe(32);
  keyring.wipe();
});

it('is wiped with the keyring', () => {
  const keyring = keyringOf(vmk, uuid);
  const fd = received(keyring.handOver());
  keyring.wipe();
  const bytes = Buffer.alloc(32, 1);
  expect([readSync(fd, bytes, 0, 32, 0), bytes]).toEqual([32, Buffer.alloc(32)]);
  expect(() => keyring.handOver()).toThrow(code('EWIPED'));
});

it('takes nothing else for keys', () => {
  const loose = memfd('loose', 32);
  const long = keyringOf(vmk, uuid).handOver();
  open.push(loose);
  expect(() => Keyring.receive(uuid, loose)).toThrow(code('EINVAL'));
  sealMemfd(loose);
  expect(() => Keyring.receive(uuid, loose)).toThrow(code('EINVAL'));
  const file = openSync('/dev/null', 'r');
  open.push(file);
  expect(() => Keyring.receive(uuid, file)).toThrow(code('EINVAL'));
  expect(() => Keyring.receive(uuid, 1 << 20)).toThrow(code('EINVAL'));
  expect(Keyring.receive(uuid, long).wiped).toBe(false);
});
