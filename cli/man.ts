/** Prints sherinctl(1) as roff(7) from the definitions: `node dist/cli/man.js > docs/man/sherinctl.1`. */
import { Exit } from '../common/exit.js';
import { version } from '../common/version.js';
import { allCommands } from './commands/index.js';
import { manualPage } from './manual/page.js';

process.stdout.write(manualPage(await allCommands(), version));
process.exitCode = Exit.done;
