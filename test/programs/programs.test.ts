import { tmpdir } from 'node:os';
import { programTests } from './suite.js';

/** Any directory instead, such as one of a mount. By itself it checks the tests, which takes little. */
const given = process.env.SHERIN_TEST_DIRECTORY;

programTests({
  name: given ?? 'a plain directory',
  directory: () => given ?? tmpdir(),
  factor: given === undefined ? 0.1 : 1,
});
