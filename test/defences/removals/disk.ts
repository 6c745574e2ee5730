// biome-ignore-all lint/suspicious/noTemplateCurlyInString: words of files and titles, as they stand there
/** What meets hostile files, full disks and crashes. */
import type { Removal } from '../removal.js';

const segment = 'put a segment of the journal back, take one away, change one';
const parser = 'hand bytes of any kind to a parser of files, sockets, datagrams, proofs or exports';
const raced =
  'have a backup copy another file of the machine, or hang, by a link or FIFO that takes the place of a file after a look at it';
const planted = 'lead a backup, a restored one or `get` elsewhere by links planted where they write';
const crash = 'crash or cut power';
const exhausted = 'exhaust the disk or descriptors';
const memory = 'leave sherin-fs no memory';

const followedFolders = {
  file: 'fs/backup/backup-directory.ts',
  text: 'return system.openBeneath(this.fd, path, constants.O_RDONLY | constants.O_DIRECTORY, 0);',
  instead: 'return openSync(this.inside(name), constants.O_RDONLY | constants.O_DIRECTORY);',
};

export const diskRemovals: readonly Removal[] = [
  {
    attack: memory,
    file: 'native/fuse/session.cc',
    text: 'notifier_.Submit([] {});',
    instead: '',
    test: 'native/fuse/little-memory.test.ts',
    title: 'a session drops nodes and names',
  },
  {
    attack: memory,
    file: 'native/work/workers.cc',
    text: 'return false;  // no thread could be made: nobody waits for it',
    instead: 'throw;',
    test: 'native/fuse/little-memory.test.ts',
    title: 'a reader that can not read ahead says nothing of it',
  },
  {
    attack: exhausted,
    file: 'native/codec/temporary.cc',
    text: 'UnlinkBeneath(vault, path);\n  throw',
    instead: 'throw',
    test: 'test/vault/full-disk.test.ts',
    title: 'filled to the last byte by others: reads, lock, unlock and a restart go on',
  },
  {
    attack: exhausted,
    file: 'fs/writing/durability.ts',
    text: 'await journaling.sync(ino, whenDone);',
    instead: '',
    test: 'test/vault/full-disk-writing.test.ts',
    title: 'loses nothing that fsync has acknowledged when the process is killed',
  },
  {
    attack: exhausted,
    file: 'daemon/router/attempt.ts',
    text: "'the end of an attempt was not stored');\n      return false;",
    instead: "'the end of an attempt was not stored');\n      return true;",
    test: 'test/daemon/tasks-full-disk.test.ts',
    title: 'are refused, and go on when there is space',
  },
  {
    attack: exhausted,
    file: 'fs/writing/journal/folder.ts',
    text: "if (code === 'EIO' || code === 'EMFILE' || code === 'ENFILE' || code === 'ENOMEM')",
    instead: "if (code === 'EIO')",
    also: [
      {
        file: 'fs/writing/journal/folder.ts',
        text: "return code === 'ENOENT';",
        instead: 'return true;',
      },
    ],
    test: 'fs/writing/journal/folder.test.ts',
    title: 'leaves a segment that can not be opened for another time, overwritten whole: %s',
  },
  {
    attack: exhausted,
    file: 'fs/writing/durability.ts',
    text: 'await journaling.sync(ino, whenDone);',
    instead: '',
    test: 'test/vault/few-descriptors.test.ts',
    title: 'with %i descriptors left',
  },
  {
    attack: 'cut off the records of a session that only read',
    file: 'fs/service/session/rollback-guard.ts',
    text: 'if (this.#unsettled || recorded)',
    instead: 'if (this.#unsettled && recorded)',
    test: 'test/vault/hostile-disk.test.ts',
    title: 'the records of a session that only read can not be cut off after it',
  },
  {
    attack: segment,
    file: 'fs/writing/journal/judge.ts',
    text: 'const last = run.segments.findLastIndex(({ head }) => head.epoch.equals(epoch));',
    instead: 'const last = run.segments.length - 1;',
    test: 'test/crash/hostile-journal.test.ts',
    title:
      'that was cut off before, and is put back, brings nothing into the file that has the number of its own',
  },
  {
    attack: segment,
    file: 'fs/writing/journal/judge.ts',
    text: 'return head.before.equals(tag) ? 0 : null;',
    instead: 'return head.before.equals(tag) ? 0 : frames.length;',
    test: 'test/crash/hostile-journal.test.ts',
    title: '%s: nothing behind it counts',
  },
  {
    attack: segment,
    file: 'fs/writing/journal/judge.ts',
    text: 'const behind = last && !closed && (',
    instead: 'const behind = last && closed && (',
    also: [
      {
        file: 'fs/writing/journal/judge.ts',
        text: "const said = tells || segment.tail === 'more';",
        instead: 'const said = tells;',
      },
    ],
    test: 'test/crash/hostile-journal.test.ts',
    title: '%s: what is whole before it counts, the rest is kept and told of',
  },
  {
    attack: 'put a FIFO, a link or a directory in the place of a segment',
    file: 'fs/writing/journal/scan.ts',
    text: 'if (!stats.isFile() || bytes > largestSegment) return',
    instead: 'if (bytes > largestSegment) return',
    test: 'test/crash/hostile-journal.test.ts',
    title: '%s holds nobody up, and is moved out of the way',
  },
  {
    attack: parser,
    file: 'fs/audit/line.ts',
    text: "if (canonicalText(value) !== text) throw new MalformedLine('it is not in canonical form');",
    instead: '',
    test: 'test/fuzz/replay.test.ts',
    title: 'answers or refuses whatever it is given, and reads nothing that it would write otherwise',
  },
  {
    attack: parser,
    file: 'native/fuse/kill_priv.cc',
    text: 'if (size < sizeof(fuse_in_header) + sizeof *arguments) return false;',
    instead: 'if (size < sizeof(fuse_in_header)) return false;',
    test: 'native/fuzz/replay.test.ts',
    title: 'native targets take all that is kept for them, and each beginning of it',
  },
  {
    attack: parser,
    file: 'fs/service/handover/document.ts',
    text: "if (!(error instanceof SyntaxError)) throw error;\n    throw unreadable('it is no JSON');",
    instead: 'throw error;',
    test: 'fs/service/handover/document.test.ts',
    title: 'is refused where it is no JSON',
  },
  {
    attack: parser,
    file: 'fs/event-log/measured-text.ts',
    text: ".replace(/[^\\P{C}\\n\\t]/gu, '?')",
    instead: '',
    test: 'fs/event-log/measured-text.test.ts',
    title: 'nothing of it is for a terminal',
  },
  {
    attack: parser,
    file: 'common/strict-json.ts',
    text: 'try {\n    return jcs(value);\n  } catch {\n    return null;\n  }',
    instead: 'return jcs(value);',
    test: 'fs/audit/line.test.ts',
    title: 'a line with half of a surrogate pair has no canonical form, and is no line',
  },
  {
    attack: parser,
    file: 'common/attestation/attestation.ts',
    text: "{ error: 'a time in nanoseconds is wanted', abort: true }",
    instead: "'a time in nanoseconds is wanted'",
    test: 'common/attestation/verify.test.ts',
    title: 'whose time is no number is malformed',
  },
  {
    attack: parser,
    file: 'fs/manifest/snapshot-reader.ts',
    text: 'if (no < 1 || no > this.counts.objects) throw',
    instead: 'if (no < 0) throw',
    test: 'fs/manifest/snapshot-reader.test.ts',
    title: 'refuses an index that leads to no object',
  },
  {
    attack:
      'edit a vault at random: bits, parts, whole files, links, FIFOs and devices in their place, files of terabytes',
    file: 'fs/audit/reserve.ts',
    text: 'facts.nlink !== 1',
    instead: 'facts.nlink < 1',
    also: [
      {
        file: 'fs/manifest/open-state.ts',
        text: 'if (count !== head.size) throw broken',
        instead: 'if (count !== head.size) throw new Error',
      },
      {
        file: 'fs/vault/header.ts',
        text: "throw malformed(path, 'it is not JSON');",
        instead: "throw new Error('it is not JSON');",
      },
    ],
    test: 'test/vault/mutation.test.ts',
    title: 'sets of edits, and gives no wrong byte',
  },
  {
    attack: raced,
    file: 'fs/disk/copy.ts',
    text: 'await copyFile(`/proc/self/fd/${source.fd}`, to, flags);',
    instead: 'await copyFile(from, to, flags);',
    test: 'fs/disk/copy.test.ts',
    title: 'copies no file to which a link leads that takes its place between a look and the copy',
  },
  {
    attack: raced,
    file: 'fs/manifest/copy-database.ts',
    text: 'const source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);',
    instead: 'const source = await open(from, constants.O_RDONLY | constants.O_NONBLOCK);',
    test: 'fs/manifest/copy-database.test.ts',
    title: '%s is neither copied nor waited for',
  },
  {
    attack: planted,
    ...followedFolders,
    test: 'test/vault/backup-links.test.ts',
    title: 'leads nowhere: %s',
  },
  {
    attack: planted,
    file: 'cli/transfer/restore-entry.ts',
    text: 'const left = restoreXattrs(fd, entry);\n      fchmodSync',
    instead: 'const left = restoreXattrs(path, entry);\n      fchmodSync',
    test: 'cli/transfer/restore-entry.test.ts',
    title: '%s in the place of what is not finished gets nothing of it',
  },
  {
    attack: 'exhaust memory with thousands of small segments in the journal',
    file: 'fs/writing/journal/scan.ts',
    text: 'const room = rooms.pop() ?? system.plaintext(frameLimit);',
    instead: 'const room = system.plaintext(frameLimit);',
    test: 'fs/writing/journal/scan.test.ts',
    title: 'takes no more memory for many small segments than for one',
  },
  {
    attack: 'read what is made under a umask that takes nothing away',
    file: 'fs/main.ts',
    text: 'process.umask(0o077);',
    instead: '',
    test: 'test/vault/permissions.test.ts',
    title: 'every file, folder and socket is as the table has it, and is there',
  },
  {
    attack: crash,
    file: 'fs/manifest/database.ts',
    text: 'this.guard(what, () => this.#db.transaction(write).immediate());',
    instead: 'this.guard(what, write);',
    test: 'fs/manifest/crash.test.ts',
    title: 'loses nothing that was committed, ${rounds} times',
  },
  {
    attack: crash,
    file: 'fs/audit/log.ts',
    text: 'let open = 1;',
    instead: 'let open = 1;\n      resolve();',
    test: 'fs/audit/crash.test.ts',
    title: 'SIGKILL at any moment loses nothing that was acknowledged',
  },
];
