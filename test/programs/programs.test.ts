import { tmpdir } from 'node:os';
import { programTests } from './suite.js';

programTests({ name: 'a plain directory', directory: tmpdir });
