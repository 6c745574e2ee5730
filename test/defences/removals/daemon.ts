// biome-ignore-all lint/suspicious/noTemplateCurlyInString: words of files and titles, as they stand there
/** What keeps sherind without content, its policy to administrators, and bots to what they were granted. */
import type { Removal } from '../removal.js';

const content = 'have sherind carry content, or keep it';
const ofOthers = 'learn from the audit log what others do';
const taken = "take all connections of sherind's socket, or fill its memory with what is not read";
const policy = 'change the policy, or lift the emergency stop';
const frozen =
  'go on writing after `estop on --freeze`: by an open file, a mapping, sherinctl, or a kill of sherind';
const request = "read another user's request, or a result";
const outbreak = 'a bot that looks for more than it was granted, or wants out of its sandbox';
const tested =
  'a program that the coding bot tests, and that would answer for the bot, end it, read other requests or outlive its test';
const crafted = 'a file crafted to attack the bot that searches it';
const bad = 'have a bad result reach anybody: past the safety gate, or by a change after it';
const forSomebody = 'have a bot read for somebody what he may not read';
const registered = "register a bot of one's own, or change one that is";
const answer = 'forge the answer of a bot';

export const daemonRemovals: readonly Removal[] = [
  {
    attack: content,
    file: 'daemon/socket/dispatch.ts',
    text: 'method.usual?.result(result) ? result : method.result.parse(result)',
    instead: 'result',
    test: 'daemon/protocol/zero-payload.test.ts',
    title: 'gives none, even if it were at hand',
  },
  {
    attack: content,
    file: 'daemon/socket/dispatch.ts',
    text: 'if (!parsed.success) {\n    return',
    instead: "if (!parsed.success && name === '') {\n    return",
    also: [
      {
        file: 'daemon/socket/dispatch.ts',
        text: 'const reserved = reservedOf(method.reserved, parsed.data);',
        instead: 'const reserved = reservedOf(method.reserved, parsed.data ?? {});',
      },
      {
        file: 'daemon/socket/dispatch.ts',
        text: 'await handler(parsed.data, caller)',
        instead: 'await handler(params, caller)',
      },
    ],
    test: 'daemon/protocol/zero-payload.test.ts',
    title: 'refuses content in every field, by name',
  },
  {
    attack: content,
    file: 'daemon/database/schema.ts',
    text: "return `CHECK (length(${column}) BETWEEN 1 AND 64 AND ${column} NOT GLOB '*[^A-Za-z0-9._-]*')`;",
    instead: 'return `CHECK (length(${column}) > 0)`;',
    test: 'daemon/database/database.test.ts',
    title: 'takes no text but IDs, enums and short names, in no column',
  },
  {
    attack: ofOthers,
    file: 'fs/control/audit-handlers.ts',
    text: 'return ({ actor, meta }) => actor.uid === uid || meta.uid === uid;',
    instead: 'return ({ actor, meta }) => actor.uid === uid || meta.uid !== -1;',
    test: 'test/daemon/audit.test.ts',
    title: 'tells somebody what he did, and nothing of others',
  },
  {
    attack: ofOthers,
    file: 'fs/control/audit-handlers.ts',
    text: 'if (record === undefined || !isMine(record)) throw',
    instead: 'if (record === undefined) throw',
    test: 'test/daemon/audit.test.ts',
    title: "others' records and those that are not there are not proven, in the same words",
  },
  {
    attack: 'ask the port for metrics from a web page, or for more than metrics',
    file: 'daemon/metrics-port.ts',
    text: "if (!ownNames.test(headers.host ?? '')) return void refuse(403);",
    instead: 'void headers;',
    test: 'daemon/metrics-port.test.ts',
    title: 'gives metrics at the loopback addresses, and nothing else to nobody else',
  },
  {
    attack: 'give sherind another socket to listen on',
    file: 'daemon/socket/line-server.ts',
    text: 'claimListener(fd);',
    instead: 'if (fd < 0) claimListener(fd);',
    test: 'test/daemon/activation.test.ts',
    title: '%s is refused in plain words, and nothing is started',
  },
  {
    attack: taken,
    file: 'daemon/socket/connection-shares.ts',
    text: 'Math.min(connectionsPerUser, free - reserved)',
    instead: 'Math.min(connections, own + free - reserved + connectionsPerUser * 0)',
    test: 'daemon/socket/line-server.test.ts',
    title: 'can not keep others out',
  },
  {
    attack: taken,
    file: 'daemon/socket/line-server.ts',
    text: 'this.#unread.note(peer.uid, connection, bytes),',
    instead: 'bytes < 0 && this.#unread.note(peer.uid, connection, bytes),',
    test: 'daemon/socket/line-server.test.ts',
    title: 'of what a user does not read only so much is kept, and who reads is answered',
  },
  {
    attack: 'learn of a file by way of sherind',
    file: 'fs/control/object-handlers.ts',
    text: 'return objects.stat(asSherinId(id), onBehalf(peer, caller));',
    instead: 'return objects.stat(asSherinId(id), caller === undefined ? peer : peer);',
    test: 'test/daemon/objects.test.ts',
    title: 'of %s it is as if there were none, to whom may not read it',
  },
  {
    attack: policy,
    file: 'daemon/socket/dispatch.ts',
    text: "if (method.right === 'admin' && !caller.admin) return denied(name);",
    instead: '',
    test: 'test/daemon/policy.test.ts',
    title: 'is set by administrators only, not below its floor, and is on record',
  },
  {
    attack: policy,
    file: 'daemon/engine/policy-keeper.ts',
    text: 'const stored = found ?? firstState;',
    instead: "const stored: PolicyState = { ...(found ?? firstState), stop: 'off' };",
    also: [
      {
        file: 'daemon/engine/policy-keeper.ts',
        text: "'off' : cached.stop;",
        instead: "'off' : 'off';",
      },
      {
        file: 'daemon/engine/policy-keeper.ts',
        text: "const set = typeof cached === 'string' ? this.#stop : stopInForce(cached.stop, this.#stop);",
        instead: 'const set = this.#stop;',
      },
    ],
    test: 'test/daemon/policy.test.ts',
    title: 'keeps the emergency stop through a restart of everything; clearing it is on record',
  },
  {
    attack: frozen,
    file: 'fs/service/mounting/mount-source.ts',
    text: 'return this.#end !== null || this.#vault.frozen;',
    instead: 'return this.#end !== null;',
    test: 'test/daemon/freeze.test.ts',
    title: 'keeps what was written and mapped before, and takes nothing by a file or a mapping that is open',
  },
  {
    attack: frozen,
    file: 'fs/service/freezing.ts',
    text: "this.#recorded = state?.stop === 'freeze' ? 'freeze' : null;",
    instead: "this.#recorded = state?.stop === 'never' ? 'freeze' : null;",
    also: [
      {
        file: 'fs/service/freezing.ts',
        text: 'this.#marked = parts.mark?.there ?? false;',
        instead: 'this.#marked = false;',
      },
      {
        file: 'fs/service/freezing.ts',
        text: 'this.#marked ||= this.#parts.mark?.there ?? false;',
        instead: '',
      },
    ],
    test: 'test/daemon/freeze.test.ts',
    title: 'stays so through kills and restarts of both, whichever of them is there',
    whole: true,
  },
  {
    attack: 'edit the database of sherind',
    file: 'daemon/engine/policy-keeper.ts',
    text: 'let state = stored;',
    instead: "let state = typeof cached === 'string' ? stored : cached;",
    test: 'test/daemon/policy.test.ts',
    title: 'gains nothing by an edit of the database of sherind: the vault wins, and it is on record',
  },
  {
    attack: request,
    file: 'fs/mount/inbox-tree.ts',
    text: 'name: String(uid ?? this.#source.owner.uid)',
    instead: 'name: String(uid === null ? this.#source.owner.uid : 0)',
    test: 'test/mount/tasks/inbox.ts',
    title: 'is to every other user as if nothing were there',
  },
  {
    attack: request,
    file: 'fs/service/tasks/results.ts',
    text: 'uid, gid, mode: 0o600,',
    instead: 'uid, gid, mode: 0o644,',
    also: [
      {
        file: 'fs/mount/changes/task-directories.ts',
        text: 'const own = 0o700;',
        instead: 'const own = 0o755;',
      },
    ],
    test: 'test/mount/tasks/bots.ts',
    title: 'takes a whole result from a bot, and gives it to who asked alone',
  },
  {
    attack: outbreak,
    file: 'daemon/bots/sandbox-view.ts',
    text: "'--bind', places.out, inside.out]",
    instead: "'--bind', places.out, inside.out, '--ro-bind', '/tmp', '/tmp']",
    also: [
      {
        file: 'daemon/bots/sandbox-view.ts',
        text: "...['--size', `${tmp}`, '--tmpfs', '/tmp'],",
        instead: '',
      },
      {
        file: 'daemon/bots/stage.ts',
        text: '(umask 022; mkdir -p "$root$stage" "$root/machine" "$root/tmp")',
        instead: '(umask 022; mkdir -p "$root/machine" "$root/tmp"); mount --rbind /tmp "$root/tmp"',
      },
    ],
    test: 'daemon/bots/escape.test.ts',
    title: 'of other bots are not there, by no path',
  },
  {
    attack: outbreak,
    file: 'daemon/bots/seccomp.ts',
    text: 'if (number === null || (nests && nestingCalls.includes(name))) return [];',
    instead: "if (number === null || nests || nestingCalls.includes(name) || name === 'bpf') return [];",
    test: 'daemon/bots/escape.test.ts',
    title: 'namespaces, mounts and parts of the kernel are refused',
  },
  {
    attack: outbreak,
    file: 'fs/mount/bots/folders.ts',
    text: 'if (each.ended) granted.delete(each.id);',
    instead: '',
    also: [
      {
        file: 'fs/mount/bots/granted-node.ts',
        text: "if (granted.ended) throw new PosixError('EACCES');",
        instead: 'void granted;',
      },
    ],
    test: 'test/mount/tasks/bots.ts',
    title: 'shows exactly what was granted, to read, while the grant lasts',
  },
  {
    attack: tested,
    file: 'daemon/bots/coding/cell.ts',
    text: '.filter((line) => line.startsWith(`${token} `))',
    instead: ".filter((line) => line.includes(' '))",
    also: [
      {
        file: 'daemon/bots/coding/cell.ts',
        text: 'JSON.parse(line.slice(token.length + 1))',
        instead: "JSON.parse(line.slice(line.indexOf(' ') + 1))",
      },
    ],
    test: 'daemon/bots/coding/tasks.test.ts',
    title: 'reports correctly: %s',
  },
  {
    attack: tested,
    file: 'daemon/bots/coding/cell.ts',
    text: "'bwrap',\n      [\n        ...[...cellArguments(shown), '--seccomp', '4', '--info-fd', '5', '--'],\n        ...['prlimit', ...limits, '--', ...words],\n      ],",
    instead: "'prlimit',\n      [...limits, '--', ...words],",
    also: [
      {
        file: 'daemon/bots/coding/cell.ts',
        text: 'const info: unknown = JSON.parse(await text(child.stdio.at(5) as Readable));',
        instead: "const info: unknown = { 'child-pid': child.pid };",
      },
    ],
    test: 'daemon/bots/coding/isolation.test.ts',
    title: 'without the right to make sandboxes nothing of a request runs',
  },
  {
    attack: crafted,
    file: 'daemon/bots/knowledge/open.ts',
    text: 'if (isWhole(db) && matches(',
    instead: 'if (isWhole(db) || matches(',
    test: 'daemon/bots/knowledge/hostile.test.ts',
    title: 'a collection with %s is none',
  },
  {
    attack: crafted,
    file: 'daemon/bots/knowledge/apart.ts',
    text: "late = true;\n      child.kill('SIGKILL');",
    instead: 'late = true;',
    test: 'daemon/bots/knowledge/apart.test.ts',
    title: 'one that does not end is ended',
  },
  {
    attack: bad,
    file: 'fs/service/tasks/results.ts',
    text: 'const entry = findById(session, folder, id);\n    if (entry === undefined)',
    instead:
      "const entry = find(session, folder, id) ?? find(session, folder, 'good');\n    if (entry === undefined)",
    also: [
      {
        file: 'fs/service/tasks/results.ts',
        text: 'if (object.id !== id) throw',
        instead: "if (object.id === '') throw",
      },
    ],
    test: 'test/mount/tasks/bots.ts',
    title: 'shows what it has written to who judges it, and gives that alone away',
  },
  {
    attack: bad,
    file: 'daemon/bots/safety/judge.ts',
    text: 'isSimulationOnly(domain) && !result.includes(simulationMark)',
    instead: "isSimulationOnly(domain) && !result.includes('')",
    test: 'test/daemon/bots.test.ts',
    title: 'of medical domains are heard only where they say that it is a simulation',
  },
  {
    attack: forSomebody,
    file: 'fs/service/tasks/readable.ts',
    text: 'if (!permits(objectReach(tree, object.no, owner), caller)) {',
    instead: 'if (!permits(objectReach(tree, object.no, owner), caller) && uid < 0) {',
    test: 'test/mount/tasks/bots.ts',
    title: 'grants nothing that who gave the task may not read, and then nothing at all',
  },
  {
    attack: forSomebody,
    file: 'fs/mount/bots/granted-node.ts',
    text: "if (granted.ended) throw new PosixError('EACCES');",
    instead: 'void granted;',
    test: 'test/mount/tasks/bots.ts',
    title: 'ends the reads of files that are open with the grant',
  },
  {
    attack: registered,
    file: 'daemon/bots/bot-folder.ts',
    text: 'else refuseOthers(path, facts);',
    instead: '',
    test: 'daemon/bots/bot-program.test.ts',
    title: 'anything in it, however deep, that others may write to',
  },
  {
    attack: registered,
    file: 'daemon/bots/bot-folder.ts',
    text: 'else if (!facts.isFile() && !facts.isSymbolicLink())',
    instead: "else if (path === '')",
    test: 'daemon/bots/bot-program.test.ts',
    title: 'a socket or a pipe, through which a bot would speak to somebody outside',
  },
  {
    attack: 'keep a bot at work against the emergency stop',
    file: 'daemon/roster/roster.ts',
    text: 'await Promise.all([...this.#bots.values()].map((bot) => bot.stop()));',
    instead: 'await Promise.resolve();',
    test: 'test/daemon/bots.test.ts',
    title: 'are stopped by the emergency stop, in the middle of work, and go on after it',
  },
  {
    attack: answer,
    file: 'daemon/bots/mailbox.ts',
    text: 'if (sender.uid !== this.#uid || !own) {',
    instead: 'if (sender.uid < 0) {',
    test: 'daemon/bots/datagrams.test.ts',
    title: 'the user who runs sherind is refused',
  },
  {
    attack: answer,
    file: 'daemon/bots/tasks-in-flight.ts',
    text: 'this.#attempts.delete(taskId);\n    attempt.settle(outcome);',
    instead: 'attempt.settle(outcome);',
    test: 'daemon/bots/datagrams.test.ts',
    title: 'the second answer is refused, and the first stands',
  },
  {
    attack: 'put links, FIFOs or folders into `out/` of a bot',
    file: 'fs/mount/changes/task-rules.ts',
    text: "if (wanted.kind !== 'file') throw new PosixError('EPERM');",
    instead: 'void wanted;',
    test: 'test/mount/tasks/bots.ts',
    title: 'refuses a result that is open, empty, missing or no file',
  },
  {
    attack: 'get a known answer by a right that was taken away',
    file: 'fs/service/standing.ts',
    text: 'this.#page.next();',
    instead: 'this.#page.value();',
    test: 'fs/service/standing.test.ts',
    title: '%s lets nothing stand',
  },
  {
    attack: 'get a known answer by a right that was taken away',
    file: 'fs/service/session/session.ts',
    text: 'changing: () => standing.lapse() }',
    instead: 'changing: () => void standing }',
    test: 'fs/service/standing.test.ts',
    title: '%s lets nothing stand',
  },
];
