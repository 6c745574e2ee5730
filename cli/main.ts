#!/usr/bin/env node
import { rawArguments } from './arguments.js';
import { printError } from './output/failure.js';

// A reader that has seen enough (`sherinctl ls | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? 0 : printError(error, false));
});

async function main(): Promise<void> {
  try {
    // Loaded here: an addon that was not built is an error in one line too.
    const { run } = await import('./program.js');
    process.exitCode = await run(rawArguments());
  } catch (error) {
    process.exitCode = printError(error, process.argv.includes('--json'));
  }
}

void main();
