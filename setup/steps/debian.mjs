/** Debian packages: which are missing, and how to get them. */
import { ask, run, SetupProblem, say } from './run.mjs';

/** `a|b`: either will do (newer releases renamed some). */
const packages = {
  run: [
    'fuse3', // fusermount3, which lets a plain user mount
    'libfuse2|libfuse2t64', // fuse-native loads it
    'libfuse3-dev', // the native mount driver, for the addon
    'libtss2-dev', // TPM 2.0 ESAPI, for the addon
    'swtpm', // the software TPM
    'swtpm-tools',
    'tpm2-tools', // to look at a TPM by hand
    'attr', // getfattr
    'bubblewrap', // the sandbox of bots
    'util-linux', // setpriv ends swtpm with its parent and gives bots their uid, prlimit their limits
    'pkg-config|pkgconf',
    'g++',
    'gcc', // what the coding bot runs, as is python3
    'make',
    'python3', // node-gyp
    'git',
  ],
  test: [
    'libssl-dev', // native/checks runs outside Node
    'procps', // pgrep
    'strace', // the order of system calls
    'dbus-daemon|dbus', // a bus of its own, on which a sleep of the machine is told of
    'libglib2.0-bin', // gdbus, with which sherin-fs listens there
    'systemd', // systemd-inhibit and busctl; systemd-analyze, which looks at the units
    // Programs at work in a mount.
    'rsync',
    'sqlite3',
  ],
  // What test/programs runs besides those above.
  programs: ['fio', 'stress-ng'],
  // `npm run package`: dpkg-shlibdeps, strip.
  package: ['dpkg-dev', 'binutils'],
  bench: ['openssl', 'gocryptfs', 'encfs', 'cryfs', 'securefs'],
};

/** Installs what is missing of the groups named; as root or with password-less sudo, else says what to run. */
export function installDebianPackages(groups) {
  const wanted = groups.flatMap((group) => packages[group]);
  const installed = installedPackages(wanted.flatMap((name) => name.split('|')));
  if (installed === undefined) {
    throw new SetupProblem(
      'this is no Debian or Ubuntu: set-up can not tell which packages are missing',
      `install the equivalents of: ${wanted.map(first).join(' ')}\n  then run the same with: node setup/setup.mjs --no-packages`,
    );
  }
  const missing = wanted
    .filter((name) => !name.split('|').some((choice) => installed.has(choice)))
    .map(first);
  if (missing.length === 0) return;

  const install = ['apt-get', 'install', '--yes', '--no-install-recommends', ...missing];
  const byHand = `apt-get update && ${install.join(' ')}`;
  const prefix = rootPrefix();
  if (prefix === undefined) {
    throw new SetupProblem(
      `Debian packages are missing: ${missing.join(' ')}`,
      `run as root, then start again:\n  ${byHand}`,
    );
  }
  say(`installing Debian packages (one to three minutes): ${missing.join(' ')}`);
  const remedy = `look at the message above; by hand it is:\n  ${byHand}`;
  apt(prefix, ['apt-get', 'update'], remedy);
  apt(prefix, install, remedy);
}

function first(name) {
  return name.split('|')[0] ?? name;
}

/** Names installed of those asked for; undefined without dpkg. */
function installedPackages(names) {
  if (ask('dpkg-query', ['--version']) === undefined) return undefined;
  // dpkg-query ends with 1 when a name is unknown, and still prints the others.
  const shown = ask('sh', [
    '-c',
    `dpkg-query -W -f '\${Package} \${db:Status-Status}\\n' "$@" 2>/dev/null; true`,
    'sh',
    ...names,
  ]);
  return new Set(
    (shown ?? '')
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([, status]) => status === 'installed')
      .map(([name]) => name),
  );
}

/** Words before a command to run it as root; undefined when this user can't. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  return ask('sudo', ['-n', 'true']) === undefined ? undefined : ['sudo', '-n'];
}

function apt(prefix, command, remedy) {
  const [program, ...args] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
  run(program, args, remedy);
}
