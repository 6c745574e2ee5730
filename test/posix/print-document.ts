/** Prints docs/posix.md: `node dist/test/posix/print-document.js > docs/posix.md`. */
import { posixDocument } from './document.js';

process.stdout.write(posixDocument());
