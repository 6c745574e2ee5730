/** The suite against a file system that is known to be right: what fails here is wrong in the suite. */
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { diskPlace, tmpfsPlace } from './places.js';
import { posixSuite } from './suite.js';

/** Number of tmpfs in statfs(2). */
const tmpfsMagic = 0x01021994;

const directory = mkdtempSync(join(tmpdir(), 'sherin-posix-'));
// The users of the suite are to reach it.
chmodSync(directory, 0o755);
afterAll(() => rmSync(directory, { recursive: true }));

const limits = statfsSync(directory).type === tmpfsMagic ? tmpfsPlace : diskPlace;
for (const as of ['root', 'user'] as const) posixSuite({ directory: () => directory, limits, as });
