import { tmpdir } from 'node:os';
import { modelTests } from './suite.js';

modelTests({ name: 'another plain directory', directory: tmpdir, otherUsers: true });
