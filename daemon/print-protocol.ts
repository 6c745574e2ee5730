/** Prints docs/protocol.md from the table of methods: `node dist/daemon/print-protocol.js > docs/protocol.md`. */
import { protocolPage } from './manual/page.js';

process.stdout.write(protocolPage());
