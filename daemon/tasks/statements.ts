/**
 * Every statement on the tables of tasks. Each one searches an index and sorts nothing, however long the queue is. `LIMIT +?`: SQLite compiles a statement
 * with `LIMIT ?` again for each value which takes longer than most searches.
 */

const columns = `seq, id, owner, request, domain, department, class, priority, state, waiting, attempt, failures, bot, result, error,
  measured, composite, parent, root, depth, submittedAt, startedAt, endedAt`;

const tree = `root, seq, endedAt, 1 + (SELECT count(*) FROM tasks AS below INDEXED BY tasks_below
    WHERE below.parent IS NOT NULL AND below.root = tasks.root) AS tasks`;

const answeredColumns = `seq, id, answered.owner AS owner, request, domain, department, class, priority, result, measured, endedAt
  FROM answered CROSS JOIN answers USING (answer)`;

export const taskSql = {
  insert: `INSERT INTO tasks (id, owner, request, domain, department, class, priority, state, waiting, attempt, failures, bot, result, error,
    measured, composite, parent, root, depth, submittedAt, startedAt, endedAt)
    VALUES (@id, @owner, @request, @domain, @department, @class, @priority, @state, @waiting, @attempt, @failures, @bot, @result, @error,
    @measured, @composite, @parent, @root, @depth, @submittedAt, @startedAt, @endedAt) RETURNING seq`,
  update: `UPDATE tasks SET state = @state, waiting = @waiting, attempt = @attempt, failures = @failures, bot = @bot, result = @result,
    error = @error, startedAt = @startedAt, endedAt = @endedAt WHERE id = @id`,
  measure: 'UPDATE tasks SET measured = ? WHERE id = ?',
  get: `SELECT ${columns} FROM tasks WHERE id = ?`,
  children: `SELECT ${columns} FROM tasks WHERE parent = ? ORDER BY seq`,
  belowRoot:
    'SELECT count(*) AS tasks FROM tasks INDEXED BY tasks_below WHERE parent IS NOT NULL AND root = ?',
  withResult: 'SELECT seq FROM tasks INDEXED BY tasks_result WHERE result = ? LIMIT 1',
  running: `SELECT ${columns} FROM tasks INDEXED BY tasks_state WHERE state <> 'done' AND state = 'running' ORDER BY seq LIMIT 1`,

  // the next one of a domain: the next owner in the order of uids, then by priority, then by age
  readyAfter: `SELECT ${columns} FROM tasks INDEXED BY tasks_ready WHERE state = 'queued' AND waiting = 0 AND domain = ? AND owner > ?
    ORDER BY owner, priority DESC, seq LIMIT 1`,
  turn: 'SELECT owner FROM turns WHERE domain = ?',
  setTurn: 'INSERT INTO turns (domain, owner) VALUES (?, ?) ON CONFLICT DO UPDATE SET owner = excluded.owner',

  // pages, the newest first
  page: `SELECT ${columns} FROM tasks WHERE seq < ? ORDER BY seq DESC LIMIT +?`,
  // most are done
  pageOfDone: `SELECT ${columns} FROM tasks WHERE state = 'done' AND seq < ? ORDER BY seq DESC LIMIT +?`,
  pageOfState: `SELECT ${columns} FROM tasks INDEXED BY tasks_state WHERE state <> 'done' AND state = ? AND seq < ? ORDER BY seq DESC LIMIT +?`,
  pageOfOwner: `SELECT ${columns} FROM tasks WHERE owner = ? AND seq < ? ORDER BY seq DESC LIMIT +?`,
  // of one owner there are not many
  pageOfOwnerAndState: `SELECT ${columns} FROM tasks INDEXED BY tasks_owner WHERE owner = ? AND state = ? AND seq < ? ORDER BY seq DESC LIMIT +?`,

  // forgetting
  endedBefore: `SELECT owner, ${tree} FROM tallies CROSS JOIN tasks INDEXED BY tasks_owner_ended ON owner = CAST(name AS INTEGER)
    WHERE tallies.kind = 'ended-of' AND parent IS NULL AND endedAt IS NOT NULL AND endedAt < ? LIMIT +?`,
  endedTrees: `SELECT ${tree}
    FROM tasks INDEXED BY tasks_owner_ended WHERE parent IS NULL AND endedAt IS NOT NULL AND owner = ? ORDER BY endedAt LIMIT +?`,
  // of an array of the IDs of topmost tasks: first what is below them
  removeBelow: `DELETE FROM tasks INDEXED BY tasks_below WHERE parent IS NOT NULL AND root IN (SELECT value FROM json_each(?))`,
  removeTopmost: 'DELETE FROM tasks WHERE id IN (SELECT value FROM json_each(?))',

  // answered from memory
  takeNumbers: 'UPDATE sqlite_sequence SET seq = seq + ? WHERE rowid = 1 RETURNING seq',
  giveAgain:
    'UPDATE answers SET tasks = tasks + ? WHERE result = ? AND request = ? AND key = ? AND owner = ? RETURNING answer',
  giveFirst: `INSERT INTO answers (tasks, result, request, key, owner, domain, department, class, bot, version)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING answer`,
  // the first number, the IDs one after another, what is common, and an array of the places that have it
  insertAnswered: `INSERT INTO answered (seq, id, owner, answer, priority, endedAt)
    SELECT @first + value, substr(@ids, 1 + 16 * value, 16), @owner, @answer, @priority, @endedAt FROM json_each(@places)`,
  measureAnswered: 'UPDATE answered SET measured = ? WHERE id = ?',
  answered: `SELECT ${answeredColumns} WHERE id = ?`,
  sourceOfAnswered: `SELECT key, answers.owner AS owner, bot, version FROM answered JOIN answers USING (answer) WHERE id = ?`,
  answerWithResult: 'SELECT answer FROM answers WHERE result = ? LIMIT 1',
  pageOfAnswered: `SELECT ${answeredColumns} WHERE seq < ? ORDER BY seq DESC LIMIT +?`,
  pageOfAnsweredOfOwner: `SELECT ${answeredColumns} WHERE answered.owner = ? AND seq < ? ORDER BY seq DESC LIMIT +?`,
  nthAnswered: 'SELECT seq FROM answered WHERE owner = ? ORDER BY seq LIMIT 1 OFFSET ?',
  // an array of [seq, answer, endedAt]: a row of the answer for each would cost more than to find them
  answeredUpTo: `SELECT json_group_array(json_array(seq, answer, endedAt)) AS tasks FROM answered INDEXED BY answered_owner
    WHERE owner = ? AND seq <= ?`,
  ownersOfOldAnswered: `SELECT answered.owner AS owner FROM tallies CROSS JOIN answered
    ON seq = (SELECT min(own.seq) FROM answered AS own INDEXED BY answered_owner WHERE own.owner = CAST(name AS INTEGER))
    WHERE kind = 'ended-of' AND endedAt < ? LIMIT +?`,
  // of an array of numbers
  removeAnswered: 'DELETE FROM answered WHERE seq IN (SELECT value FROM json_each(?))',
  withdrawAnswer: 'UPDATE answers SET tasks = tasks - ? WHERE answer = ?',
  dropAnswer: 'DELETE FROM answers WHERE answer = ? AND tasks = 0',

  addTally: `INSERT INTO tallies (kind, name, tasks) VALUES (?, ?, ?)
    ON CONFLICT DO UPDATE SET tasks = tasks + excluded.tasks`,
  dropTally: 'DELETE FROM tallies WHERE kind = ? AND name = ? AND tasks = 0',
  tally: 'SELECT tasks FROM tallies WHERE kind = ? AND name = ?',
  tallied: 'SELECT count(*) AS tasks FROM tallies WHERE kind = ?',
  talliesOf: 'SELECT name, tasks FROM tallies WHERE kind = ? ORDER BY name',
} as const;
