/** A process that may lock so much memory and no more has all the keys of a vault in it; what would not fit is refused. */
import { expect, it } from 'vitest';
import { keyMemoryBytes } from '../../common/key-memory.js';
import { fine, runScript } from '../child.fixture.js';

/** As an ordinary user, whom the limit holds. */
const within = (bytes: number): string[] => [
  ...(process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []),
  ...['prlimit', `--memlock=${bytes}:${bytes}`, process.execPath],
];

const tried = `
  const attempt = (step) => { try { return step(); } catch (error) { return [error.syscall, error.code].join(); } };
  const locked = () => Number(/VmLck:\\s+(\\d+) kB/.exec(fs.readFileSync('/proc/self/status', 'latin1'))[1]) * 1024;`;

it('most epochs, a rekey, open cubes, secrets, and a key that is handed over', () => {
  const script = `${tried}
    native.system.harden();
    native.system.lockKeyMemory(${keyMemoryBytes - 32 * 1024});
    const folder = temporaryFolder();
    const options = makeVault(folder), { keyring, vaultFd } = options;
    for (let epoch = 1; epoch <= 8; epoch++) keyring.takeOver(keyring.successor());
    const reader = new native.CubeReader({ vaultFd, cacheBytes: 1 << 24, threads: 4, uuid, wholeCubes: false });
    reader.resume(keyring);
    const secrets = Array.from({ length: 17 }, () => native.Secret.random(1027));
    const cubes = [];
    for (let at = 0; at < 600; at++) {
      const encoded = await native.encodeBuffer(crypto.randomBytes(40), options);
      place(folder, encoded);
      cubes.push(encoded.cube);
    }
    const target = Buffer.alloc(40);
    const read = await Promise.all(cubes.map((cube) => reader.read(cube, 0, 40, target, 0)));
    const next = keyring.successor();
    keyring.handOver();
    const most = locked();
    fs.rmSync(folder, { recursive: true });
    const well = read.every(({ ok }) => ok) && keyring.formerEpochs().length === 8 && secrets.length === 17;
    process.stdout.write(String(well && !next.wiped && most <= ${keyMemoryBytes}));`;
  expect(runScript(script, within(keyMemoryBytes))).toEqual(fine('true'));
});

it.each([0, 64 * 1024])('of %i bytes gives no memory for keys', (bytes) => {
  const script = `${tried}
    native.system.harden();
    const said = attempt(() => native.system.lockKeyMemory(${keyMemoryBytes - 32 * 1024}));
    process.stdout.write([said, locked()].join());`;
  expect(runScript(script, within(bytes))).toEqual(fine(`mlock,${bytes === 0 ? 'EPERM' : 'ENOMEM'},0`));
});

it('refuses a secret that does not fit, and leaves those that are there', () => {
  const script = `${tried}
    const secrets = [], keyring = native.Keyring.generate(uuid), before = keyring.hmac('audit', uuid).toString('hex');
    let said;
    while (typeof (said = attempt(() => native.Secret.random(4096))) !== 'string') secrets.push(said);
    const after = keyring.hmac('audit', uuid).toString('hex');
    process.stdout.write([said, secrets.length > 10, before === after, locked() <= ${keyMemoryBytes}].join());`;
  expect(runScript(script, within(keyMemoryBytes))).toEqual(fine('mlock,ENOMEM,true,true,true'));
});
