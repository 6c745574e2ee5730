import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTree, Machine } from './machine.js';

let machine: Machine;
beforeAll(() => {
  machine = Machine.start();
});
afterAll(() => machine.end());

function makeOddTree(path: string): void {
  mkdirSync(join(path, 'deep/er/and deeper'), { recursive: true });
  writeFileSync(join(path, 'empty'), '');
  writeFileSync(join(path, 'one byte'), 'x');
  writeFileSync(join(path, 'ünïcode 名前 🗝'), 'name');
  writeFileSync(join(path, 'new\nline'), 'line');
  writeFileSync(join(path, '-rf *'), 'star');
  writeFileSync(join(path, 'n'.repeat(255)), 'long');
  for (const size of [4095, 4096, 4097, 65_535, 65_536, 65_537, 1_048_575, 1_048_576, 1_048_577, 3_500_000]) {
    writeFileSync(join(path, `size-${size}`), Buffer.alloc(size, size % 251));
  }
  writeFileSync(join(path, 'zeros'), Buffer.alloc(2_500_000));
  writeFileSync(join(path, 'deep/er/and deeper/twin'), Buffer.alloc(1_048_576, 1_048_576 % 251));
  linkSync(join(path, 'one byte'), join(path, 'deep/hard link'));
  symlinkSync('../one byte', join(path, 'deep/soft link'));
  symlinkSync('nowhere', join(path, 'dangling'));
  execFileSync('mkfifo', [join(path, 'fifo')]);
  chmodSync(join(path, 'empty'), 0o4750);
  chmodSync(join(path, 'deep/er'), 0o2700);
  utimesSync(join(path, 'zeros'), 1_000_000_000.125, 1_234_567_890.875);
  utimesSync(join(path, 'deep'), 1_000_000_000, 1_111_111_111);
}

describe('an imported tree', () => {
  it('is the same through the mount: every byte, mode, owner, time, link and odd name', () => {
    const source = join(machine.home, 'odd');
    makeOddTree(source);
    machine.ok('put', source, 'files/odd');
    const copy = join(machine.mount, 'files/odd');
    expect(listTree(copy)).toBe(listTree(source));
    expect(machine.shell(`diff -r --no-dereference --exclude=fifo odd "$M/files/odd"`)).toMatchObject({
      code: 0,
      out: '',
    });
  });

  it('is stored once where content is equal, and putting it again stores nothing', () => {
    const before = machine.cubes().length;
    machine.ok('put', join(machine.home, 'odd'), 'files/again');
    machine.ok('put', join(machine.home, 'odd'), 'files/odd');
    expect(machine.cubes().length).toBe(before);
    expect(listTree(join(machine.mount, 'files/odd'))).toBe(listTree(join(machine.home, 'odd')));
  });

  it('holds a sparse file over 4 GiB, readable at both ends, costing only what it holds', () => {
    const path = join(machine.home, 'large');
    writeFileSync(path, 'begin');
    truncateSync(path, 5 * 2 ** 30);
    machine.shell(`printf end | dd of=large bs=1 seek=${5 * 2 ** 30 - 3} conv=notrunc status=none`);
    const before = machine.cubes().length;
    machine.ok('put', path, 'files/large');
    expect(machine.cubes().length - before).toBe(2);
    const tail = machine.shell(
      `tail -c 5 "$M/files/large" | od -An -c; stat -c %s "$M/files/large"; head -c 5 "$M/files/large"`,
    );
    expect(tail.out).toBe('  \\0  \\0   e   n   d\n5368709120\nbegin');
  });

  it('verifies whole, and comes back out the same with get', () => {
    expect(machine.run('verify')).toMatchObject({ code: 0 });
    machine.ok('get', 'files/odd', join(machine.home, 'out'));
    expect(listTree(join(machine.home, 'out'))).toBe(listTree(join(machine.home, 'odd')));
    expect(machine.shell('diff -r --no-dereference --exclude=fifo odd out')).toMatchObject({
      code: 0,
      out: '',
    });
  });

  it('is copied and changed at the mount as in a plain directory, and stays as it was itself', () => {
    const source = listTree(join(machine.home, 'odd'));
    const change =
      'touch new; mkdir d; mv empty e2; ln e2 e3; ln -s a b; chmod 600 e2; echo x >> e2; : > new; truncate -s 7 new; rm e3';
    const list = `find . -printf '%P|%y|%m|%n|%l\\n' | sort; find . -type f -printf '%P|%s\\n' | sort; cat e2`;
    const steps = `cp -a odd changed && cd changed && set -e; ${change}; ${list}; cd ..; rm -r changed`;
    const here = machine.shell(steps);
    const mounted = machine.shell(`cd "$M/files" && ${steps}`);
    expect([here.code, here.err, mounted.err]).toEqual([0, '', '']);
    expect(mounted.out).toBe(here.out);
    expect(listTree(join(machine.home, 'odd'))).toBe(source);
    expect(listTree(join(machine.mount, 'files/odd'))).toBe(source);
  });
});

describe('programs read from the mount', () => {
  it('git clones from it, tar packs it, python and sqlite read it', () => {
    const made = machine.shell(
      `git init -q repo && cd repo && git config user.email a@example.org && git config user.name A &&
       for i in $(seq 200); do echo $i > f$i; done && git add . && git commit -qm one && git clone -q --bare . ../repo.git &&
       python3 -c "import sqlite3; d=sqlite3.connect('../t.db'); d.execute('create table t(a)'); d.executemany('insert into t values(?)',((i,) for i in range(5000))); d.commit()"`,
    );
    expect(made).toMatchObject({ code: 0 });
    machine.ok('put', join(machine.home, 'repo.git'), 'files/repo.git');
    machine.ok('put', join(machine.home, 't.db'), 'files/t.db');
    const used = machine.shell(
      `git clone -q "$M/files/repo.git" cloned && diff -r repo cloned --exclude=.git && git -C cloned fsck &&
       tar cf - -C "$M/files" odd | tar xf - -C . --one-top-level=packed && diff -r --no-dereference --exclude=fifo odd packed/odd &&
       python3 -c "import sqlite3,sys; print(sqlite3.connect('file:'+sys.argv[1]+'?mode=ro&immutable=1',uri=True).execute('select sum(a) from t').fetchone()[0])" "$M/files/t.db" &&
       python3 -c "import mmap,sys; f=open(sys.argv[1],'rb'); m=mmap.mmap(f.fileno(),0,prot=mmap.PROT_READ); print(m[1048576])" "$M/files/odd/size-1048577"`,
    );
    expect(used).toMatchObject({ code: 0, out: `12497500\n${1_048_577 % 251}\n` });
  });

  it('reads a file by its ID and knows its attributes', () => {
    const id = machine.shell('getfattr --only-values -n user.sherin.id "$M/files/odd/size-3500000"').out;
    expect(id).toMatch(/^FILES_\d{8}_[0-9a-f]{32}$/);
    const byId = readFileSync(join(machine.mount, 'ids', id));
    expect(byId.equals(readFileSync(join(machine.home, 'odd/size-3500000')))).toBe(true);
    expect(machine.ok('stat', '--json', id)).toContain(id);
    expect(machine.shell('getfattr --only-values -n user.sherin.cubes "$M/files/odd/size-3500000"').out).toBe(
      '4',
    );
    expect(machine.shell('getfattr -d "$M/files/odd/size-3500000"').out).toBe('');
  });
});
