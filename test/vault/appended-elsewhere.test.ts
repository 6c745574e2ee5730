/**
 * Programs that append to a file which others change by way of another mount, or past any mount: the kernel appends where it was told last that the
 * file ends, and asks for no newer size before.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Driver, OpenVault } from './open-vault.js';
import { Program } from './program.js';
import { until } from './wait.js';

/** Appends a line of its own a hundred times for each question. */
const script = `
import os, sys
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
print('open')
for question in sys.stdin:
    for number in range(100):
        os.write(fd, f'{sys.argv[2]} {question.strip()} {number:03}\\n'.encode())
    print('done')
`;

describe.each<Driver>(['native', 'fuse-native'])('what is appended at a mount by %s', (driver) => {
  const vault = new OpenVault(driver);
  const { machine } = vault;
  const path = (): string => join(vault.files, 'd/log');
  const text = (): string => readFileSync(path(), 'latin1');
  const again = async (): Promise<void> => {
    expect(await machine.call('umount', {})).toEqual({ lazy: true });
    await machine.call('mount', { path: machine.mount, driver });
  };
  beforeAll(() => vault.start());
  afterAll(() => vault.end());
  beforeEach(() => {
    mkdirSync(join(vault.files, 'd'), { recursive: true });
    writeFileSync(path(), 'begin\n');
  });

  it('stands behind what another mount has appended', async () => {
    const old = openSync(path(), 'a');
    writeSync(old, 'old 1\n');
    await again();
    const present = openSync(path(), 'a');
    writeSync(present, 'new 1\n');
    writeSync(old, 'old 2\n');
    writeSync(present, 'new 2\n');
    writeSync(old, 'old 3\n');
    const whole = 'begin\nold 1\nnew 1\nold 2\nnew 2\nold 3\n';
    await until('the new mount shows something else', () => text() === whole);
    await until('the old mount shows another size', () => fstatSync(old).size === whole.length);
    expect(readFileSync(`/proc/self/fd/${old}`, 'latin1')).toBe(whole);
    closeSync(old);
    closeSync(present);
  });

  it('stands at the end of a file that another mount has made shorter', async () => {
    writeFileSync(path(), 'a'.repeat(10_000));
    const old = openSync(path(), 'a');
    writeSync(old, 'b');
    await again();
    truncateSync(path(), 3);
    writeSync(old, 'c');
    await until('the new mount shows something else', () => text() === 'aaac');
    closeSync(old);
  });

  it('is all there where two mounts append at once', async () => {
    const old = new Program(script, [path(), 'old']);
    expect(await old.answer()).toBe('open');
    await again();
    const present = new Program(script, [path(), 'new']);
    expect(await present.answer()).toBe('open');
    const rounds = [1, 2, 3, 4];
    for (const round of rounds) await Promise.all([old.ask(`${round}`), present.ask(`${round}`)]);
    await Promise.all([old.end(), present.end()]);
    const numbers = Array.from({ length: 100 }, (_, number) => String(number).padStart(3, '0'));
    const wanted = ['old', 'new'].flatMap((who) =>
      rounds.flatMap((round) => numbers.map((number) => `${who} ${round} ${number}`)),
    );
    await until('the new mount shows another size', () => statSync(path()).size === 6 + 10 * wanted.length);
    expect(text().trimEnd().split('\n').sort()).toEqual(['begin', ...wanted].sort());
  });

  it('stands behind what was put in its place', async () => {
    const fd = openSync(path(), 'a');
    writeSync(fd, 'open\n');
    const file = join(machine.home, 'log');
    writeFileSync(file, 'a longer text\n');
    machine.ok('put', file, 'files/d/log');
    writeSync(fd, 'end\n');
    await until('the mount shows something else', () => text() === 'a longer text\nend\n');
    closeSync(fd);
  });
});
