"""Commits one row after the other to a database and says the number of each once it is committed."""
import sqlite3
import sys

_, path, mode, count = sys.argv
database = sqlite3.connect(path, isolation_level=None, timeout=60)
database.execute(f'PRAGMA journal_mode={mode}')
database.execute('PRAGMA synchronous=FULL')
database.execute('CREATE TABLE IF NOT EXISTS row (number INTEGER PRIMARY KEY, writer INTEGER, text TEXT)')
for turn in range(int(count)):
    database.execute('BEGIN IMMEDIATE')
    (number,) = database.execute('SELECT coalesce(max(number), 0) + 1 FROM row').fetchone()
    database.execute('INSERT INTO row VALUES (?, ?, ?)', (number, turn, f'text of row {number} ' * (number % 90)))
    if number % 7 == 0:
        database.execute('UPDATE row SET text = text || ? WHERE number % 5 = 1', ('more',))
    database.execute('COMMIT')
    print(number, flush=True)
