/**
 * The tables of sherind's database, version by version: entry n brings a database from `user_version` n to n + 1. An entry that was released
 * never changes. Every text column is bounded and checked here, so that no code path can store anything but IDs, enums and short names.
 * Times are milliseconds since 1970.
 */

/** What `shortNameSchema` of the protocol admits. */
function shortName(column: string): string {
  return `CHECK (length(${column}) BETWEEN 1 AND 64 AND ${column} NOT GLOB '*[^A-Za-z0-9._-]*')`;
}

/** The alphabet and the lengths of Sherin IDs; their grammar is that of common/ids.ts. */
function sherinId(column: string): string {
  return `CHECK (length(${column}) BETWEEN 43 AND 58 AND ${column} NOT GLOB '*[^A-Za-z0-9_-]*')`;
}

function taskId(column: string): string {
  return `CHECK (length(${column}) = 28 AND ${column} GLOB 't_*' AND substr(${column}, 3) NOT GLOB '*[^a-z2-7]*')`;
}

function digits(column: string): string {
  return `CHECK (length(${column}) BETWEEN 1 AND 20 AND ${column} NOT GLOB '*[^0-9]*')`;
}

const tasks = `CREATE TABLE tasks (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE ${taskId('id')},
  owner INTEGER NOT NULL,
  request TEXT NOT NULL ${sherinId('request')},
  domain TEXT NOT NULL ${shortName('domain')},
  department TEXT NOT NULL ${shortName('department')},
  class TEXT NOT NULL ${shortName('class')},
  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'blocked', 'cancelled')),
  waiting INTEGER NOT NULL CHECK (waiting >= 0),
  attempt INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  bot TEXT ${shortName('bot')},
  result TEXT ${sherinId('result')},
  error TEXT ${shortName('error')},
  measured INTEGER CHECK (measured IN (0, 1)),
  composite INTEGER NOT NULL CHECK (composite IN (0, 1)),
  parent TEXT ${taskId('parent')},
  root TEXT NOT NULL ${taskId('root')},
  depth INTEGER NOT NULL CHECK (depth BETWEEN 0 AND 5),
  submittedAt INTEGER NOT NULL,
  startedAt INTEGER,
  endedAt INTEGER
) STRICT`;

const taskIndexes = [
  `CREATE INDEX tasks_ready ON tasks (domain, owner, priority DESC, seq) WHERE state = 'queued' AND waiting = 0`,
  'CREATE INDEX tasks_owner ON tasks (owner, seq)',
  'CREATE INDEX tasks_owner_state ON tasks (owner, state, seq)',
  'CREATE INDEX tasks_state ON tasks (state, seq)',
  'CREATE INDEX tasks_parent ON tasks (parent, seq) WHERE parent IS NOT NULL',
  'CREATE INDEX tasks_root ON tasks (root)',
  'CREATE INDEX tasks_ended ON tasks (endedAt) WHERE parent IS NULL AND endedAt IS NOT NULL',
  'CREATE INDEX tasks_owner_ended ON tasks (owner, endedAt) WHERE parent IS NULL AND endedAt IS NOT NULL',
];

/** How many tasks there are of a kind; see daemon/tasks/tallies.ts. */
const tallies = `CREATE TABLE tallies (
  kind TEXT NOT NULL ${shortName('kind')},
  name TEXT NOT NULL ${shortName('name')},
  tasks INTEGER NOT NULL,
  PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID`;

/** Whose turn was the last one of a domain. */
const turns = `CREATE TABLE turns (
  domain TEXT PRIMARY KEY ${shortName('domain')},
  owner INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/** Confidence in hundredths. */
const patterns = `CREATE TABLE patterns (
  key BLOB NOT NULL CHECK (length(key) = 32),
  owner INTEGER NOT NULL,
  result TEXT NOT NULL ${sherinId('result')},
  stage TEXT NOT NULL CHECK (stage IN ('immediate', 'pattern', 'archive')),
  confidence INTEGER NOT NULL CHECK (confidence BETWEEN 0 AND 100),
  uses INTEGER NOT NULL,
  learnedAt INTEGER NOT NULL,
  usedAt INTEGER NOT NULL,
  PRIMARY KEY (key, owner)
) STRICT, WITHOUT ROWID`;

const patternIndexes = [
  'CREATE INDEX patterns_stage ON patterns (stage, usedAt)',
  'CREATE INDEX patterns_owner ON patterns (owner, stage, usedAt)',
  `CREATE INDEX patterns_ripe ON patterns (key, owner) WHERE stage = 'immediate' AND confidence >= 75 AND uses >= 3`,
  'CREATE INDEX patterns_weak ON patterns (confidence) WHERE confidence < 20 AND uses < 2',
];

const tombstones = `CREATE TABLE tombstones (
  key BLOB NOT NULL CHECK (length(key) = 32),
  owner INTEGER NOT NULL,
  endsAt INTEGER NOT NULL,
  PRIMARY KEY (key, owner)
) STRICT, WITHOUT ROWID`;

const tombstoneIndex = 'CREATE INDEX tombstones_end ON tombstones (endsAt)';

const trust = `CREATE TABLE trust (
  bot TEXT NOT NULL ${shortName('bot')},
  version TEXT NOT NULL ${shortName('version')},
  successes INTEGER NOT NULL CHECK (successes >= 0),
  failures INTEGER NOT NULL CHECK (failures >= 0),
  PRIMARY KEY (bot, version)
) STRICT, WITHOUT ROWID`;

/** The copy of the policy engine's state; the one in the vault wins. */
const policy = `CREATE TABLE policy (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  version INTEGER NOT NULL CHECK (version >= 0),
  mode TEXT NOT NULL ${shortName('mode')},
  stop TEXT NOT NULL CHECK (stop IN ('off', 'on', 'freeze')),
  modification INTEGER NOT NULL CHECK (modification IN (0, 1)),
  confidence REAL NOT NULL,
  empathy REAL NOT NULL,
  safety REAL NOT NULL,
  leastConfidence REAL NOT NULL,
  leastEmpathy REAL NOT NULL,
  leastSafety REAL NOT NULL
) STRICT`;

/** Times are nanoseconds since 1970 in decimal digits. */
const policyQueue = `CREATE TABLE policyQueue (
  place INTEGER PRIMARY KEY CHECK (place >= 0),
  action TEXT NOT NULL UNIQUE ${shortName('action')},
  ts TEXT NOT NULL ${digits('ts')},
  component TEXT NOT NULL ${shortName('component')},
  type TEXT NOT NULL ${shortName('type')},
  level TEXT NOT NULL ${shortName('level')},
  risk TEXT ${shortName('risk')},
  confidence REAL NOT NULL,
  reasoning TEXT NOT NULL ${shortName('reasoning')},
  rollback TEXT NOT NULL ${shortName('rollback')},
  expires TEXT NOT NULL ${digits('expires')}
) STRICT`;

/** What the planning bot said of a request, by the hex part of its ID: that of equal requests is equal. */
const classifications = `CREATE TABLE classifications (
  tag BLOB PRIMARY KEY CHECK (length(tag) = 16),
  planner TEXT NOT NULL ${shortName('planner')},
  domain TEXT NOT NULL ${shortName('domain')},
  department TEXT NOT NULL ${shortName('department')},
  class TEXT NOT NULL ${shortName('class')},
  usedAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

const classificationIndex = 'CREATE INDEX classifications_used ON classifications (usedAt)';

/** Where the result of a task came from: what a measurement of it counts for. Goes with its task. */
const sources = `CREATE TABLE sources (
  task TEXT PRIMARY KEY ${taskId('task')} REFERENCES tasks (id) ON DELETE CASCADE,
  key BLOB CHECK (length(key) = 32),
  owner INTEGER NOT NULL,
  bot TEXT NOT NULL ${shortName('bot')},
  version TEXT NOT NULL ${shortName('version')}
) STRICT, WITHOUT ROWID`;

/** Which bots there are, and as whom each runs; their folders are links beside this file. */
const bots = `CREATE TABLE bots (
  bot TEXT PRIMARY KEY ${shortName('bot')},
  uid INTEGER NOT NULL UNIQUE,
  wanted INTEGER NOT NULL CHECK (wanted IN (0, 1)),
  updatedAt INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/** What a task is given besides its request, in order. Goes with it. */
const inputs = `CREATE TABLE inputs (
  task TEXT NOT NULL ${taskId('task')} REFERENCES tasks (id) ON DELETE CASCADE,
  place INTEGER NOT NULL CHECK (place >= 0),
  object TEXT NOT NULL ${sherinId('object')},
  PRIMARY KEY (task, place)
) STRICT, WITHOUT ROWID`;

/** What the emotional state was computed from: steps of its windows, each `seconds` long. */
const emotionSteps = `CREATE TABLE emotionSteps (
  seconds INTEGER NOT NULL,
  step INTEGER NOT NULL,
  input TEXT NOT NULL ${shortName('input')},
  sum REAL NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (seconds, step, input)
) STRICT, WITHOUT ROWID`;

/** Who set an emergency stop that the vault does not have yet. */
const unrecordedStops = `CREATE TABLE unrecordedStops (
  stop TEXT PRIMARY KEY CHECK (stop IN ('on', 'freeze')),
  uid INTEGER NOT NULL
) STRICT, WITHOUT ROWID`;

/** Actions that a person has approved and that are done, until the vault names them no more. */
const executedActions = `CREATE TABLE executedActions (
  action TEXT PRIMARY KEY ${shortName('action')}
) STRICT, WITHOUT ROWID`;

const queueApproved =
  'ALTER TABLE policyQueue ADD COLUMN approved INTEGER NOT NULL DEFAULT 0 CHECK (approved IN (0, 1))';

/**
 * A task that is answered from memory costs as much as what it is found by: what few ask for is found by walking the tasks of one owner,
 * of which there are not many, and not by an index of its own.
 */
const fewerIndexes = [
  'DROP INDEX tasks_owner_state',
  'DROP INDEX tasks_state',
  `CREATE INDEX tasks_state ON tasks (state, seq) WHERE state <> 'done'`,
  'DROP INDEX tasks_root',
  'CREATE INDEX tasks_below ON tasks (root) WHERE parent IS NOT NULL',
  'DROP INDEX tasks_ended',
];

/** Which task is the next one of all: tasks that are answered from memory count on with the others. Of `tasks` it is the first row, and there is no other. */
const firstNumber = `INSERT INTO sqlite_sequence (name, seq) SELECT 'tasks', 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence)`;

/** Answers from memory that tasks were given: of what question which result, and whose remembered answer it is. `tasks` counts those that are kept. */
const answers = `CREATE TABLE answers (
  answer INTEGER PRIMARY KEY,
  result TEXT NOT NULL ${sherinId('result')},
  request TEXT NOT NULL ${sherinId('request')},
  key BLOB NOT NULL CHECK (length(key) = 32),
  owner INTEGER NOT NULL,
  domain TEXT NOT NULL ${shortName('domain')},
  department TEXT NOT NULL ${shortName('department')},
  class TEXT NOT NULL ${shortName('class')},
  bot TEXT NOT NULL ${shortName('bot')},
  version TEXT NOT NULL ${shortName('version')},
  tasks INTEGER NOT NULL CHECK (tasks >= 0)
) STRICT`;

/** Tasks that were answered from memory: they come in thousands a second, and a row is some 40 bytes. The number is one of `tasks`. */
const answered = `CREATE TABLE answered (
  seq INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  owner INTEGER NOT NULL,
  answer INTEGER NOT NULL,
  priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
  endedAt INTEGER NOT NULL,
  measured INTEGER CHECK (measured IN (0, 1))
) STRICT`;

const answeredIndexes = [
  'CREATE UNIQUE INDEX answers_result ON answers (result, request, key, owner)',
  'CREATE INDEX answered_owner ON answered (owner)',
];

export const migrations: readonly (readonly string[])[] = [
  [tasks, ...taskIndexes, tallies, turns, patterns, ...patternIndexes, tombstones, tombstoneIndex, trust],
  [classifications, classificationIndex, sources],
  [policy, policyQueue],
  [bots, inputs],
  [emotionSteps],
  ['CREATE INDEX tasks_result ON tasks (result) WHERE result IS NOT NULL'],
  [unrecordedStops],
  [executedActions, queueApproved],
  fewerIndexes,
  [firstNumber, answers, answered, ...answeredIndexes],
];
