/**
 * Opens a vault, does the operations of a file one after another, and says which have begun, ended and failed; then dies.
 * What fails is done once more when the fault is over (fault.c).
 * Arguments: directory of the vault's places, "recover" or a file of operations, and "die" to die of the first failure.
 */
import { readFileSync, unlinkSync, writeSync } from 'node:fs';
import { type Opened, serve, unlock } from './opened.js';
import type { Operation } from './operations.js';
import { Performer } from './performer.js';

/** Timers of this and more are of work in the background. */
const backgroundMs = 1_000;
const [home = '', what = '', onFailure = ''] = process.argv.slice(2);

function say(line: string): void {
  // Synchronous: what is said is said before the kill.
  writeSync(1, `${line}\n`);
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String('code' in error ? error.code : error.stack) : String(error);
}

function liftFault(): void {
  try {
    unlinkSync('/sherin-fault-lifted');
  } catch {
    // There is no such file.
  }
}

function failed(place: string, error: unknown): void {
  say(`failed ${place} ${codeOf(error)}`);
  if (onFailure === 'die') process.kill(process.pid, 'SIGKILL');
  liftFault();
}

async function open(): Promise<Opened> {
  const service = await serve(home);
  try {
    return await unlock(service, home);
  } catch (error) {
    failed('open', error);
    return unlock(service, home);
  }
}

/**
 * What the vault does in the background after a while is an operation here: by a timer it would come amid others, each time elsewhere,
 * and make durable what nobody asked for yet.
 */
function holdTimers(): void {
  const start = globalThis.setTimeout;
  const held = 2 ** 31 - 1;
  globalThis.setTimeout = ((run: () => void, ms = 0) =>
    start(run, ms < backgroundMs ? ms : held)) as typeof setTimeout;
}

holdTimers();
const opened = await open();
say('open');
if (what !== 'recover') {
  const operations = JSON.parse(readFileSync(what, 'utf8')) as Operation[];
  const performer = new Performer(opened, home);
  for (const [at, operation] of operations.entries()) {
    say(`begin ${at}`);
    try {
      await performer.perform(operation, at);
    } catch (error) {
      failed(String(at), error);
      await performer.perform(operation, at);
    }
    say(`end ${at}`);
  }
}
say('whole');
process.kill(process.pid, 'SIGKILL');
