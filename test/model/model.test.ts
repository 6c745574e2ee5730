import { tmpdir } from 'node:os';
import { modelTests } from './suite.js';

/** Any directory instead, such as one of a mount; only a plain one is known to be open to other users. */
const given = process.env.SHERIN_TEST_DIRECTORY;

modelTests({
  name: given ?? 'another plain directory',
  directory: () => given ?? tmpdir(),
  otherUsers: given === undefined,
});
