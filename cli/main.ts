#!/usr/bin/env node
import { rawArguments } from './arguments.js';
import { printError } from './output/failure.js';
import { run } from './program.js';

// A reader that has seen enough (`sherinctl ls | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : printError(error, false));
});

process.exitCode = await run(rawArguments());
