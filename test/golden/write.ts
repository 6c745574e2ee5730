/** Writes the golden vaults that are not there yet, with the program as it is: `npm run build && node dist/test/golden/write.js`. */
import { execFileSync } from 'node:child_process';
import { createCipheriv } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { Machine } from '../vault/machine.js';
import { type Listing, list, listTree, toRecord } from './listing.js';
import {
  folder,
  golden,
  gone,
  layOut,
  openWithRecoveryKey,
  passphrase,
  type VaultName,
  vaultNames,
} from './vaults.js';

/** Bytes of an archive; one with a whole cube of padding, which no compression makes fewer, has a MiB for that. */
const largest = 900 * 1024;
const paddedCube = 1024 * 1024;

/** Bytes that no compression makes fewer, the same for the same name. */
function bytes(name: string, length: number): Buffer {
  const key = Buffer.alloc(16, name);
  return createCipheriv('aes-128-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Runs shell lines in the mount's `files/`, each with a time of its own; `name length` are bytes from {@link bytes}. */
function atWork(machine: Machine, ...lines: readonly string[]): void {
  for (const line of lines) {
    const { code, err } = machine.shell(`cd "$M/files" && umask 022 && ${line}`);
    if (code !== 0) throw new Error(`${line}: ${err}`);
  }
}

function source(machine: Machine, name: string, length: number): void {
  writeFileSync(`${machine.home}/${name}`, bytes(name, length));
}

/** Everything that a tree can have; all of it is for others to read, so that any user can compare it. */
function fillPlain(machine: Machine): void {
  source(machine, 'large', 120_001);
  source(machine, 'piece', 9000);
  source(machine, 'patch', 70);
  atWork(
    machine,
    'mkdir -p folder/below && chmod 1777 folder && chmod 2755 folder/below && mkdir -m 555 closed',
    'printf "a few words\\n" > text && chmod 604 text && touch -d "2001-02-03 04:05:06.789012345 UTC" text',
    ': > empty && touch -d "1969-12-31 23:59:58.5 UTC" empty',
    'cp ../../large folder/large && chmod 4755 folder/large',
    'ln text folder/below/second && ln -s ../text folder/link && ln -s nowhere/at/all dangling && mkfifo -m 622 pipe',
    `python3 -c 'import os; os.setxattr("text", "user.language", b"en"); os.setxattr("folder", "user.empty", b""); os.setxattr("folder/large", "user.bytes", bytes(range(256)))'`,
    `python3 -c 'open(b"name \\xff\\n\\xc3\\xbc", "wb").write(b"a name of bytes")'`,
    // A hole between data, one at the end, and a whole slot of nothing.
    'cp ../../piece sparse && dd if=../../piece of=sparse bs=1 seek=2300000 conv=notrunc status=none && truncate -s 3000000 sparse',
    'printf first > versions',
  );
  machine.ok('sync');
  machine.ok('put', `${machine.home}/piece`, 'files/put');
  atWork(machine, 'printf "second, longer" > versions');
  machine.ok('sync');
  // A version of pieces: a part of a vertex in the middle of a file.
  atWork(
    machine,
    'dd if=../../patch of=folder/large bs=1 seek=66000 conv=notrunc status=none && : > versions',
  );
  machine.ok('sync');
  atWork(machine, 'printf fourth > versions && printf "soon gone" > gone && printf moved > before');
  machine.ok('sync');
  atWork(machine, 'rm gone && mkdir moved && mv before moved/after && mv -T folder/below moved/below');
  if (process.getuid?.() === 0) atWork(machine, 'chown 1234:4321 text && chown -h 77:88 dangling');
  machine.ok('sync');
  // sherind makes the first policy.
  machine.withDaemon = true;
  machine.ok('up');
  machine.ok('policy', 'get');
  machine.ok('down');
  machine.withDaemon = false;
  const floor = machine.shell('$CTL policy floor --safety 0.97 --recovery-fd 3 3<recovery');
  if (floor.code !== 0) throw new Error(floor.err);
}

/** Ends as a power cut would, with durable changes of every kind in the journal alone. */
async function fillJournal(machine: Machine): Promise<void> {
  source(machine, 'large', 60_000);
  source(machine, 'patch', 5000);
  atWork(
    machine,
    'mkdir folder && cp ../../large folder/sealed && printf "not here for long" > removed && printf stays > stays',
  );
  machine.ok('sync');
  atWork(
    machine,
    'dd if=../../patch of=folder/sealed bs=1 seek=30000 conv=notrunc,fsync status=none',
    'printf "written and synced" > synced && chmod 640 synced && chmod o+r synced && sync synced',
    `python3 -c 'import os; os.setxattr("synced", "user.state", b"in the journal")'`,
    'rm removed && mv stays folder/moved && ln -s folder/moved link && mkdir later && ln synced later/same',
    'truncate -s 2000000 holes && printf end >> holes && sync holes folder later .',
  );
  await machine.killFs();
}

function fillBackup(machine: Machine): void {
  source(machine, 'large', 90_000);
  atWork(machine, 'mkdir folder && cp ../../large folder/large && printf one > note && ln -s note link');
  machine.ok('sync');
  machine.ok('backup', `${machine.home}/backup`);
  atWork(machine, 'printf "one and two" > note && printf new > folder/new');
  machine.ok('sync');
  machine.ok('backup', `${machine.home}/backup`);
  machine.ok('down');
}

function fillSlots(machine: Machine): void {
  atWork(machine, 'printf "many keys, one content" > note');
  writeFileSync(`${machine.home}/words`, `${passphrase}\n`, { mode: 0o600 });
  const added = machine.shell(
    '$CTL key add passphrase --passphrase-fd 3 3<words && $CTL key add recovery --recovery-out second',
  );
  if (added.code !== 0) throw new Error(added.err);
  machine.ok('down');
}

/** Under its second master key. The first one's keys are carried on for a cube in quarantine, whose content is stored anew. */
async function fillEpochs(machine: Machine): Promise<void> {
  source(machine, 'small', 3000);
  source(machine, 'large', 70_000);
  atWork(machine, 'cp ../../small small && cp ../../large large');
  machine.ok('sync');
  machine.ok('down');
  machine.ok('up');
  const [cube = ''] = await machine.cubesOf('files/small');
  const damaged = readFileSync(cube);
  damaged.writeUInt8(damaged.readUInt8(2000) ^ 1, 2000);
  writeFileSync(cube, damaged);
  if (machine.shell('cat "$M/files/small"').code === 0) throw new Error('the damaged cube was read');
  const rekeyed = machine.shell('$CTL key rekey --recovery-fd 3 3<recovery');
  if (rekeyed.code !== 0) throw new Error(rekeyed.err);
  machine.ok('put', `${machine.home}/small`, 'files/small');
  atWork(machine, 'printf "of the second key" > later');
  machine.ok('sync');
  machine.ok('down');
  const { epoch, keys } = JSON.parse(readFileSync(`${machine.vault}/vault.json`, 'utf8'));
  if (epoch !== 1 || keys.former.length !== 1) throw new Error('it carries no key of before');
}

/** For several users, with padded vertices, namespaces, and an audit log whose first segments are archived elsewhere. */
function fillShared(machine: Machine): void {
  source(machine, 'large', 70_000);
  atWork(
    machine,
    'mkdir contracts && printf "the same" > note && printf "the same" > other && cp ../../large large',
  );
  machine.ok('namespace', 'assign', 'files/contracts', 'CONTRACTS');
  machine.ok('namespace', 'set', 'CONTRACTS', '--opens', 'all');
  machine.ok('namespace', 'set', 'FILES', '--opens', 'off');
  atWork(machine, 'printf "the same" > contracts/one');
  if (process.getuid?.() === 0) atWork(machine, 'chown 1234 other');
  machine.ok('sync');
  machine.ok('audit', 'archive', `${machine.home}/archive`);
  atWork(machine, 'printf "after it" > later');
  machine.ok('sync');
  machine.ok('down');
}

/** One cube: data in two of its vertices, and fourteen of padding. */
function fillCube(machine: Machine): void {
  source(machine, 'large', 70_000);
  atWork(machine, 'cp ../../large large && mkdir folder && ln large folder/same');
  machine.ok('sync');
  machine.ok('down');
}

/** What `init` is told besides. */
const made: Readonly<Partial<Record<VaultName, readonly string[]>>> = {
  cube: ['--pad', 'cube'],
  shared: ['--pad', 'vertex', '--shared'],
};

const fill: Readonly<Record<VaultName, (machine: Machine) => void | Promise<void>>> = {
  plain: fillPlain,
  journal: fillJournal,
  backup: fillBackup,
  slots: fillSlots,
  epochs: fillEpochs,
  shared: fillShared,
  cube: fillCube,
};

/** Packs what stands on disk: names, modes and bytes alone, and not the room that the audit log keeps free, which holds nothing. */
function pack(machine: Machine, name: VaultName): void {
  const { archive, recovery } = golden(name);
  const from = name === 'backup' ? `${machine.home}/backup` : machine.vault;
  const plainly = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--format=gnu'];
  execFileSync('tar', [
    '--create',
    '--gzip',
    ...plainly,
    '--file',
    archive,
    '--directory',
    from,
    '--exclude=./audit/reserve',
    '.',
  ]);
  copyFileSync(machine.recoveryFile, recovery);
  chmodSync(recovery, 0o644);
  const { size } = statSync(archive);
  if (size > largest + (name === 'cube' ? paddedCube : 0)) throw new Error(`${archive} has ${size} bytes`);
}

/** What a copy of the vault shows, opened as the tests open it; it has to be what was there when it was written. */
async function readBack(name: VaultName, before: Listing['tree']): Promise<Listing> {
  const copy = layOut(name);
  try {
    openWithRecoveryKey(copy);
    const listing = await list(copy, gone[name]);
    if (!isDeepStrictEqual(listing.tree, before)) throw new Error(`${name} does not read as it was written`);
    return listing;
  } finally {
    copy.end();
  }
}

/** The tree as it is now; a vault that does not run is started and stopped once more for it. */
async function write(name: VaultName): Promise<void> {
  const machine = Machine.empty();
  try {
    machine.ok('init', '--yes', '--no-pin', '--recovery-out', machine.recoveryFile, ...(made[name] ?? []));
    machine.ok('up');
    await fill[name](machine);
    const written = BigInt(Date.now()) * 1_000_000n;
    pack(machine, name);
    machine.ok('up');
    const listing = toRecord(await readBack(name, listTree(machine)), written);
    writeFileSync(golden(name).listing, `${JSON.stringify(listing, null, 1)}\n`);
  } catch (error) {
    for (const path of Object.values(golden(name))) rmSync(path, { force: true });
    throw error;
  } finally {
    machine.end();
  }
}

mkdirSync(folder, { recursive: true });
for (const name of vaultNames) {
  if (Object.values(golden(name)).some((path) => existsSync(path))) {
    process.stdout.write(`${name} is there and stays\n`);
    continue;
  }
  await write(name);
  process.stdout.write(`${name} is written\n`);
}
