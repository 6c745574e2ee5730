import { randomBytes, randomInt } from 'node:crypto';
import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SherinError } from '../../common/errors.js';
import { Machine } from './machine.js';

const older = randomBytes(400_000);
const newer = randomBytes(400_000);
let machine: Machine;

/** The vault as it stood with the older content, and now, with the newer: directories beside it. */
beforeAll(async () => {
  machine = Machine.start();
  put(older);
  await machine.call('lock', {});
  keep('old');
  await machine.call('unlock', { slot: 'tpm' });
  put(newer);
  await machine.call('lock', {});
  // The last session only read: nothing but the audit log has grown.
  expect(await opened()).toEqual(newer);
  keep('now');
});
afterAll(() => machine.end());

function put(content: Buffer): void {
  writeFileSync(join(machine.home, 'data'), content);
  machine.ok('put', join(machine.home, 'data'), 'files/data');
}

/** Copies a part of the vault, which is locked or down, to a directory beside it, or back. */
function keep(name: string, part = ''): void {
  cpSync(join(machine.vault, part), join(machine.home, name, part), {
    recursive: true,
    preserveTimestamps: true,
  });
}
function putBack(name: string, part: string): void {
  rmSync(join(machine.vault, part), { recursive: true, force: true });
  cpSync(join(machine.home, name, part), join(machine.vault, part), {
    recursive: true,
    preserveTimestamps: true,
  });
}

/** Opens the vault that a running sherin-fs has locked; the code of the refusal, or what it serves now. */
async function opened(): Promise<string | Buffer> {
  try {
    await machine.call('unlock', { slot: 'tpm' });
  } catch (error) {
    if (!(error instanceof SherinError)) throw error;
    expect(error.message).toMatch(/^[^\n]{10,300}$/);
    expect(error.message).not.toMatch(/\bat .*:\d+|TypeError|RangeError|undefined/);
    return error.code;
  }
  const content = machine.shell('cat "$M/files/data" >served');
  await machine.call('lock', {});
  return content.code === 0 ? readFileSync(join(machine.home, 'served')) : 'EACCES';
}

const pageSize = 4096;

function pageAt(file: Buffer, offset: number): Buffer {
  const start = offset - (offset % pageSize);
  return Buffer.from(file.subarray(start, start + pageSize));
}

describe('a part of the vault put back, while it is locked', () => {
  beforeEach(async () => {
    await machine.call('lock', {});
    putBack('now', 'manifest.db');
    putBack('now', 'audit');
  });
  afterAll(async () => {
    putBack('now', 'manifest.db');
    putBack('now', 'audit');
    expect(await opened()).toEqual(newer);
  });

  it('manifest.db of an older state is refused, with the numbers', async () => {
    putBack('old', 'manifest.db');
    expect(await opened()).toBe('ROLLBACK');
    const { code, err } = machine.run('unlock');
    expect(err).toMatch(/put back to an older state: its log has \d+ records, one of \d+ was seen before — /);
    expect(code).toBe(3);
    expect(machine.shell('cat "$M/files/data"').err).toContain('Permission denied');
  });

  it('the cube of the older content under the name of the newer is refused, and its own copy heals it', async () => {
    await machine.call('unlock', { slot: 'tpm' });
    const cube = await machine.cubeOf('files/data');
    await machine.call('lock', {});
    const own = readFileSync(cube);
    const [old = ''] = readdirSync(join(machine.home, 'old/cubes'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.cube') && !cube.endsWith(basename(name)))
      .map((name) => join(machine.home, 'old/cubes', name));
    expect(readFileSync(old)).toHaveLength(own.length);
    writeFileSync(cube, readFileSync(old));
    expect(await opened()).toBe('EACCES');
    await machine.call('unlock', { slot: 'tpm' });
    expect((await machine.call('quarantine.list', {})).cubes).toMatchObject([
      { id: basename(cube, '.cube') },
    ]);
    put(newer);
    await machine.call('lock', {});
    // An old copy of the same cube is the same content.
    writeFileSync(cube, own);
    expect(await opened()).toEqual(newer);
    keep('now');
  });

  const log = (): string => join(machine.vault, 'audit/00000001.jsonl');
  const rewrite = (change: (lines: string[]) => string[]): void => {
    writeFileSync(log(), change(readFileSync(log(), 'utf8').split('\n')).join('\n'));
  };
  /** Ends of groups, as numbers of lines; the last one is empty. */
  const heads = (lines: string[]): number[] =>
    lines.flatMap((line, index) => (line.includes('"head"') ? [index] : []));
  // With the public key alone and no manifest at hand, a log that ends early is a log, as after a crash.
  const audits: readonly (readonly [string, number, () => void])[] = [
    ['of an older state', 0, () => putBack('old', 'audit')],
    ['without its last group', 0, () => rewrite((lines) => [...lines.slice(0, heads(lines).at(-2)), ''])],
    ['without its only segment', 3, () => rmSync(log())],
    [
      'with an edited line',
      3,
      () => rewrite((lines) => lines.map((line) => line.replace('AUDIT_PUT"', 'AUDIT_GET"'))),
    ],
    ['with a record left out', 3, () => rewrite((lines) => lines.filter((_, index) => index !== 1))],
    [
      'cut in its last record',
      0,
      () => truncateSync(log(), readFileSync(log()).lastIndexOf('{"actor"') + 20),
    ],
  ];
  it.each(audits)('an audit log %s is refused; audit verify ends with %i', async (_, verified, tamper) => {
    tamper();
    expect(await opened()).toMatch(/^(AUDIT_BROKEN|ROLLBACK)$/);
    const offline = machine.shell('SHERIN_RUNTIME_DIR=/nowhere $CTL audit verify');
    expect(offline.code).toBe(verified);
    if (verified !== 0) expect(offline.err).toMatch(/^sherinctl: the audit log does not verify: [^\n]+\n$/);
  });

  it('manifest.db with a flipped bit, at 40 places, is refused or serves what is right', async () => {
    const path = join(machine.vault, 'manifest.db');
    const outcomes = new Set<string>();
    for (let i = 0; i < 40; i++) {
      const bytes = readFileSync(path);
      const at = i === 0 ? 0 : randomInt(bytes.length);
      const good = pageAt(bytes, at);
      bytes.writeUInt8(bytes.readUInt8(at) ^ (1 << (i % 8)), at);
      const bad = pageAt(bytes, at);
      writeFileSync(path, bytes);
      const outcome = await opened();
      if (typeof outcome === 'string') {
        expect(outcome, `byte ${at}`).toMatch(/^(MANIFEST_BROKEN|EACCES)$/);
        putBack('now', 'manifest.db');
        putBack('now', 'audit');
      } else {
        // Nothing that was read stood on this page. The count has gone on: only the page is put back.
        expect(outcome.equals(newer), `byte ${at}`).toBe(true);
        const after = readFileSync(path);
        if (pageAt(after, at).equals(bad)) good.copy(after, at - (at % pageSize));
        writeFileSync(path, after);
        keep('now');
      }
      outcomes.add(typeof outcome === 'string' ? outcome : 'right');
    }
    expect([...outcomes]).toContain('MANIFEST_BROKEN');
    expect(machine.log).not.toMatch(/"level":[56]0/);
  }, 120_000);
});
