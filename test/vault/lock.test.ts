import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  copyFileSync,
  openSync,
  readFileSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ControlClient } from '../../daemon/client/control-client.js';
import { Machine } from './machine.js';
import { Program } from './program.js';

const mib = 1024 * 1024;
let machine: Machine;
let source: string;
let data: string;

beforeAll(() => {
  machine = Machine.start();
  source = join(machine.home, 'data');
  data = join(machine.mount, 'files/data');
  writeFileSync(source, randomBytes(8 * mib));
  machine.ok('put', source, 'files/data');
});
afterAll(() => machine.end());
afterEach(() => {
  machine.ok('unlock');
});

/** Holds a file open and mapped; answers each question with what reading by descriptor and touching the map gave. */
const holder = `
import mmap, os, signal, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
m = mmap.mmap(fd, 0, prot=mmap.PROT_READ)
print(sum(m[at] for at in range(0, len(m), 4096)) and len(os.read(fd, 4096)))
for _ in sys.stdin:
    try: got = len(os.pread(fd, 4096, 0))
    except OSError as error: got = os.strerror(error.errno)
    child = os.fork()
    if child == 0: os._exit(m[0] & 0)
    _, status = os.waitpid(child, 0)
    print(got, signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else 'mapped', sep=', ')
`;

/** Reads all the time, each byte compared with the truth; answers a question with the outcome of every part of the file. */
const reader = `
import collections, os, random, select, sys
path, kept = sys.argv[1], sys.argv[3] == 'kept'
truth, step = open(sys.argv[2], 'rb').read(), 65536
held = os.open(path, os.O_RDONLY) if kept else None
def whole(fd, at):
    # What the kernel had of it may come alone (read(2)): the rest is asked for, and each byte compared.
    got, wanted = b'', min(step, len(truth) - at)
    while len(got) < wanted:
        part = os.pread(fd, wanted - len(got), at + len(got))
        if part == b'' or part != truth[at + len(got):][:len(part)]: return None
        got += part
    return got
def attempt(at):
    fd = held
    try:
        if not kept: fd = os.open(path, os.O_RDONLY)
        try: got = whole(fd, at)
        finally:
            if not kept: os.close(fd)
    except PermissionError: return 'refused'
    except OSError as error: return os.strerror(error.errno)
    return 'right' if got == truth[at:at + step] else 'wrong'
def outcomes(places): return sorted(collections.Counter(map(attempt, places)).items())
odd = []
while True:
    odd += [o for o in outcomes(random.randrange(0, len(truth), 4096) for _ in range(8)) if o[0] not in ('right', 'refused')]
    if select.select([sys.stdin], [], [], 0)[0]:
        if not sys.stdin.readline(): break
        print([name for name, _ in outcomes(range(0, len(truth), step))], odd)
`;

describe('lock', () => {
  it('refuses open descriptors, mapped and cached pages, opens and listings; unlock gives all of it back', async () => {
    const program = new Program(holder, [data]);
    try {
      expect(await program.answer()).toBe('4096');
      expect(machine.shell('cat "$M/files/data" | cmp - data')).toMatchObject({ code: 0 });
      machine.ok('lock');
      expect(await program.ask()).toBe('Permission denied, SIGBUS');
      const { out, err } = machine.shell('cat "$M/files/data"; ls "$M/files"; stat "$M/files/data"');
      expect(out).toBe('');
      expect(err.match(/Permission denied/g)).toHaveLength(3);
      machine.ok('unlock');
      expect(await program.ask()).toBe('4096, mapped');
      expect(machine.shell('cat "$M/files/data" | cmp - data; ls "$M/files"')).toMatchObject({
        out: 'data\n',
      });
      expect(await program.end()).toBe(0);
    } finally {
      program.kill();
    }
  });

  it.each([
    ['lock', 'unlock'],
    ['stop', 'up'],
  ] as const)('seals what programs have just written into sealed files: %s', async (close, open) => {
    const [changed, right] = [join(machine.mount, 'files/changed'), join(machine.home, 'changed')];
    for (const path of [changed, right]) copyFileSync(source, path);
    // Below what is written later there are cubes now.
    machine.ok('lock');
    machine.ok('unlock');
    for (const path of [changed, right]) {
      const fd = openSync(path, 'r+');
      writeSync(fd, 'new', 3 * mib + 1000);
      closeSync(fd);
      appendFileSync(path, 'end');
    }
    await machine.call(close, {});
    machine.ok(open);
    expect(readFileSync(changed).equals(readFileSync(right))).toBe(true);
  });

  it('leaves the state readable, is no error twice, and every command says how to go on', () => {
    machine.ok('lock');
    machine.ok('lock');
    const shown = JSON.parse(readFileSync(join(machine.mount, '.sherin/status.json'), 'utf8'));
    expect(shown.vault).toMatchObject({ state: 'locked', reason: null });
    expect(machine.shell('cat "$M/.sherin/metrics"').out).toContain('sherin_unlocked 0\n');
    for (const command of [['ls'], ['cat', 'files/data'], ['put', source, 'files/x'], ['verify']]) {
      const { code, err } = machine.run(...command);
      expect(err).toBe('sherinctl: the vault is locked — unlock it with: sherinctl unlock\n');
      expect(code).toBe(4);
    }
    expect(machine.ok('why')).toContain('next: sherinctl unlock\n');
  });

  it('20 times under parallel readers gives them right bytes or EACCES, and none at all while locked', async () => {
    const client = ControlClient.connect(join(machine.home, 'run/sherin-fs.sock'));
    const readers = ['kept', 'kept', 'anew', 'anew'].map((way) => new Program(reader, [data, source, way]));
    try {
      for (let round = 0; round < 20; round++) {
        for (const program of readers) expect(await program.ask()).toBe("['right'] []");
        await client.call('lock', {});
        const answers = await Promise.all(readers.map((program) => program.ask()));
        expect(answers).toEqual(readers.map(() => "['refused'] []"));
        await client.call('unlock', { slot: 'tpm' });
      }
      expect(await Promise.all(readers.map((program) => program.end()))).toEqual([0, 0, 0, 0]);
    } finally {
      for (const program of readers) program.kill();
      client.close();
    }
  }, 180_000);
});

describe('what a lock interrupts', () => {
  const big = () => join(machine.home, 'big');
  beforeAll(() => {
    writeFileSync(big(), randomBytes(64 * mib));
    machine.ok('put', big(), 'files/big');
  });

  /** Runs a call, locks at its first sign of progress; what it rejects with. */
  async function interrupted(
    run: (client: ControlClient, progress: () => void) => Promise<unknown>,
  ): Promise<unknown> {
    const clients = [1, 2].map(() => ControlClient.connect(join(machine.home, 'run/sherin-fs.sock')));
    const [worker, locker] = clients;
    if (worker === undefined || locker === undefined) throw new Error('no client');
    let locking: Promise<unknown> | null = null;
    try {
      return await run(worker, () => {
        locking ??= locker.call('lock', {});
      }).then(
        () => 'done',
        (error: unknown) => error,
      );
    } finally {
      await locking;
      for (const client of clients) client.close();
    }
  }

  function events(): string[] {
    const { records } = JSON.parse(machine.ok('audit', 'tail', '--json'));
    return records.map(({ event }: { event?: string }) => event);
  }

  it('is told so by verify, which finds no fault in the disk or the audit log', async () => {
    const outcome = await interrupted((client, progress) => client.call('verify', {}, { progress }));
    expect(outcome).toMatchObject({ code: 'LOCKED' });
    machine.ok('unlock');
    expect(events()).not.toContain('AUDIT_DISK_ERROR');
  });

  it('is told so by put, which leaves no unfinished cube', async () => {
    writeFileSync(big(), randomBytes(64 * mib));
    const fd = openSync(big(), 'r');
    const outcome = await interrupted(async (client, progress) => {
      const { transfer } = await client.call('put.begin', { destination: 'files', checksum: true });
      const attributes = { kind: 'file', mode: 0o600, uid: 0, gid: 0, atime: '0', mtime: '0' } as const;
      const entries = [{ ...attributes, path: 'big', size: 64 * mib, fd: 0 }];
      await client.call('put.entries', { transfer, entries }, { fds: [fd], progress });
      await client.call('put.end', { transfer });
    });
    closeSync(fd);
    expect(outcome).toMatchObject({ code: 'LOCKED' });
    await machine.settled();
    machine.ok('unlock');
  });
});

describe('a vault that was just brought up', () => {
  it('is sealed, and opened by the first access, once for all who come', () => {
    machine.ok('down');
    machine.ok('up');
    expect(machine.status().vault.state).toBe('sealed');
    const many = machine.shell('for i in 1 2 3 4 5 6; do cmp "$M/files/data" data & done; wait; echo done');
    expect(many).toMatchObject({ out: 'done\n', err: '' });
    expect(machine.status().vault.state).toBe('unlocked');
    const { records } = JSON.parse(machine.ok('audit', 'tail', '--json'));
    const events = records.map(({ event }: { event?: string }) => event);
    expect(
      events.slice(events.lastIndexOf('AUDIT_STOP')).filter((event: string) => event === 'AUDIT_UNLOCK'),
    ).toHaveLength(1);
  });
});

describe('a vault with PIN', () => {
  let guarded: Machine;
  beforeAll(() => {
    guarded = Machine.empty();
    writeFileSync(join(guarded.home, 'pin'), 'seventeen 17\n');
    const made = guarded.shell(
      '$CTL init --yes --recovery-out recovery --pin-fd 3 3<pin && $CTL up --no-daemon && $CTL unlock --pin-fd 3 3<pin',
    );
    expect(made).toMatchObject({ code: 0 });
    guarded.ok('put', source, 'files/data');
  });
  afterAll(() => guarded.end());

  it('stays sealed at up, says that it wants the PIN, and opens with it alone', () => {
    guarded.ok('down');
    guarded.ok('up');
    expect(guarded.status().vault).toMatchObject({ state: 'sealed' });
    expect(guarded.shell('cat "$M/files/data"').err).toContain('Permission denied');
    expect(guarded.status().vault).toMatchObject({ state: 'sealed', reason: { code: 'PIN_NEEDED' } });
    expect(guarded.ok('why')).toBe(
      'the TPM slot of this vault wants its PIN\nunlock it with: sherinctl unlock\nthe TPM counts 0 of 3 wrong attempts; attempts left: 3\nnext: sherinctl unlock\n',
    );
    for (const wrong of ['printf "seventeen 18"', 'tr -d - <recovery']) {
      const refused = guarded.shell(`$CTL unlock --pin-fd 3 3< <(${wrong})`);
      expect(refused.err).toMatch(
        /^sherinctl: the TPM slot does not open the vault: wrong PIN; (\d+ more attempts are|one more attempt is) left before the TPM locks, and it forgets one each \d+ s — use the recovery key: [^\n]*\n$/,
      );
      expect(refused.code).toBe(4);
    }
    expect(guarded.shell('cat "$M/files/data"').err).toContain('Permission denied');
    expect(guarded.shell('$CTL unlock --pin-fd 3 3<pin')).toMatchObject({ code: 0, out: 'unlocked\n' });
    expect(guarded.shell(`cmp "$M/files/data" ${source}`)).toMatchObject({ code: 0 });
  });

  it('opens with the recovery key too, and the PIN is not taken for it', () => {
    guarded.ok('lock');
    const pin = guarded.shell('$CTL unlock --recovery-fd 3 3<pin');
    expect(pin).toMatchObject({ code: 4 });
    expect(pin.err).toContain('that is not the recovery key of this vault');
    expect(guarded.shell('$CTL unlock --recovery-fd 3 3<recovery')).toMatchObject({ code: 0 });
    expect(guarded.shell(`cmp "$M/files/data" ${source}`)).toMatchObject({ code: 0 });
  });

  it('is locked out by the TPM after more wrong PINs, for the right one too, but not for the recovery key', () => {
    guarded.ok('lock');
    guarded.shell('for i in 1 2 3; do $CTL unlock --pin-fd 3 3< <(printf wrong); done');
    const right = guarded.shell('$CTL unlock --pin-fd 3 3<pin');
    expect(right).toMatchObject({ code: 4 });
    expect(right.err).toContain('the TPM is locked out after too many wrong PINs');
    expect(guarded.ok('why')).toContain('sherinctl unlock --recovery');
    expect(guarded.shell('$CTL unlock --recovery-fd 3 3<recovery')).toMatchObject({ code: 0 });
  });
});
