/** Files that the driver opens by itself go by the rules of where they are when somebody opens them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { nativeLimits } from '../../fs/mount/native/limits.js';
import { until } from '../vault/wait.js';
import { alice, bob, SharedVault } from './tasks/shared-vault.js';

const vault = new SharedVault(nativeLimits);
const { machine } = vault;
const count = 100;
const size = 1_000;
const [first] = names();

function names(): string[] {
  return Array.from({ length: count }, (_, at) => `file-${String(at).padStart(3, '0')}`);
}

/** Lists a directory and reads its first file, which has the others prepared. */
const begin = (folder: string) => `names('${folder}'); read('${folder}/${first}')\n`;

/** Beside them the vault has read its own records, which are shorter than one of them. */
const readFiles = () => Math.floor(machine.status().reads.decrypted / size);

async function prepared(): Promise<void> {
  await until('the others are not read ahead', () => readFiles() === count);
}

describe.runIf(process.getuid?.() === 0)('prepared files that are moved', () => {
  beforeAll(() => {
    vault.start();
    mkdirSync(join(machine.home, 'many'));
    for (const name of names()) writeFileSync(join(machine.home, 'many', name), Buffer.alloc(size, name));
  });
  afterAll(() => vault.end());

  beforeEach(async () => {
    await vault.call('rules.set', { rules: [], version: null });
    await vault.as(0, `import shutil; [shutil.rmtree('files/' + name) for name in names('files')]; tell(1)`);
    machine.ok('put', join(machine.home, 'many'), 'files/many');
    await vault.as(0, `put('files/many/closed', 'another'); tell(1)`);
    const paths = ['many/closed', 'many/moved', 'closed/**'];
    const rules = paths.map((path, at) => ({
      ...{ name: `closed-${at}`, who: { uid: alice }, where: { path } },
      ...{ operations: ['read' as const], effect: 'deny' as const },
    }));
    await vault.call('rules.set', { rules, version: null });
    // Nothing that was read is remembered.
    machine.ok('down');
    vault.up();
  });

  const exchange = `ctypes.CDLL(None).renameat2(-100, b'many/file-050', -100, b'many/closed', 2)`;
  it.each([
    ['over another name in their directory', `os.rename('many/file-050', 'many/closed')`, 'many/closed'],
    ['into the place of another', exchange, 'many/closed'],
    ['with a directory above them', `os.rename('many', 'closed')`, 'closed/file-050'],
    ['by one more name', `os.link('many/file-050', 'many/moved')`, 'many/file-050'],
  ])('%s are opened by the rules of there', async (_what, move, path) => {
    await vault.as(bob, `${begin('files/many')}tell(1)`);
    await prepared();
    const opens = `os.chdir('files'); tell(attempt(read, 'many/file-049'), attempt(read, '${path}'))`;
    const moved = await vault.as(0, `os.chdir('files'); ${move}; tell(os.path.exists('${path}'))`);
    expect(moved).toEqual([true]);
    expect(await vault.as(alice, opens)).toEqual([path === 'closed/file-050' ? 'ENOENT' : 'done', 'EACCES']);
    expect(await vault.as(bob, opens.replace('many/file-049', path))).toEqual(['done', 'done']);
  });

  it('by way of another mount are so where they were prepared', async () => {
    const reader = vault.steps(
      alice,
      `os.chdir('files/many'); step(1)
${begin('.')}step(1)
step([attempt(read, 'file-049'), attempt(read, 'moved')])`,
    );
    await reader.next();
    machine.ok('umount');
    vault.up();
    await reader.go();
    await prepared();
    await vault.as(0, `os.chdir('files/many'); os.rename('file-050', 'moved'); tell(1)`);
    expect(await reader.go()).toEqual(['done', 'EACCES']);
    reader.end();
  });
});
