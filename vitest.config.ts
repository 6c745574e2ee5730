import { execFileSync } from 'node:child_process';
import { delimiter, dirname, join } from 'node:path';
import { configDefaults, defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Where the long tests are, the longest first. */
const long = [
  'native/checks/',
  'test/programs/',
  'test/model/',
  'test/mount/',
  'test/posix/',
  'test/vault/',
  'test/',
];

/** Begins with them, so that in the end no worker is alone with one; vitest would begin with the largest files. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = long.findIndex((folder) => moduleId.startsWith(join(import.meta.dirname, folder)));
      return at < 0 ? long.length : at;
    };
    return (await super.sort(files)).sort((one, other) => place(one) - place(other));
  }
}

/** Real programs, and what is much the same once more on the slower driver or in a plain directory: with SHERIN_TESTS=all. */
const onRequest = [
  'test/model/{fuse-native,self-check}.test.ts',
  'test/mount/fuse-native.test.ts',
  'test/posix/{fuse-native,plain}.test.ts',
  'test/programs/*.test.ts',
  // Sanitizers, a put that is killed at each of its steps, kills under load, all that sherind takes at once.
  'native/{checks,fuzz}/*.test.ts',
  'test/vault/crash-put.test.ts',
  'test/crash/keys.test.ts',
  'test/vault/counter-windows.test.ts',
  // It takes each defence away in turn, and builds; test/defences/table.test.ts has what needs neither.
  'test/defences/removed.test.ts',
  // It waits for a deadline; fs/service/namespaces/tpm-at-open.test.ts has the short case.
  'test/vault/hung-tpm.test.ts',
  'daemon/engine/approval.test.ts',
  // What takes minutes of a processor: backups in the middle of imports and kills, a disk that fills while it is written to, listings that read ahead,
  // whole cubes, bots that wait for a vault. Transcripts, unit tests and the other tests of a full disk have the plain cases.
  'test/vault/{backup,full-disk-writing,prefetch,whole-cube}.test.ts',
  'test/daemon/bot-states.test.ts',
  // Old copies of everything at the mount (test/vault/{rollback,counter-attacks}.test.ts have the rules), holes of terabytes, rows of cubes in pieces, locking
  // on a full disk, damage under what is being written.
  'test/vault/{old-copy,sparse,full-disk-lock,written-damaged}.test.ts',
  'fs/check/joined.test.ts',
  // A sherin-fs that may open few files more, or gets little memory; {fs/writing/journal/folder,native/fuse/little-memory}.test.ts have the plain cases.
  'test/vault/{few-descriptors,little-memory}.test.ts',
  // The Debian package is built; a thousand versions of a file.
  'test/package/contents.test.ts',
  'test/cli/long-history.test.ts',
  // Kills at random, of which test/crash/matrix.test.ts has those at each step; load; thousands of files; what others read after a kill.
  'fs/manifest/crash.test.ts',
  'test/crash/random-kill.test.ts',
  'test/stress/*.test.ts',
  'test/vault/import-machine.test.ts',
  'test/outsider/end-to-end.test.ts',
  'test/cli/bench.test.ts',
  // Whole installations, in a root of their own.
  'test/package/install{,-systemd}.test.ts',
  'test/daemon/{kills,load}.test.ts',
  // The whole sets of bots; test/daemon/sets.test.ts has a sample.
  'test/knowledge/*.test.ts',
  'daemon/bots/coding/tasks.test.ts',
];

/** Where Python itself is: the `python3` of a version manager is a script that finds it, at several times the cost of its start. */
const python = dirname(
  execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim(),
);

const asked = process.env.SHERIN_TESTS === 'all' || process.env.SHERIN_TEST_DIRECTORY !== undefined;

/** They measure the process that they run in, its memory and its descriptors, and so have one for each file. */
const alone = ['native/**/*.test.ts', 'daemon/{socket,events}/**/*.test.ts'];

export default defineConfig({
  test: {
    projects: [
      { extends: true, test: { name: 'alone', include: alone } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['{common,fs,daemon,cli,setup,test}/**/*.test.ts'],
          exclude: alone,
          // A process for each file would load the same modules two hundred times.
          isolate: false,
        },
      },
    ],
    exclude: [...configDefaults.exclude, ...(asked ? [] : onRequest)],
    pool: 'forks',
    env: { PATH: `${python}${delimiter}${process.env.PATH ?? ''}` },
    sequence: { sequencer: LongestFirst },
    // More than cores: many a test waits, for a TPM, a mount, a time-out.
    maxWorkers: 4,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
