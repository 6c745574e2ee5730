/** Starts a bot and is killed some milliseconds later, as sherind may be; says in which directory, and as which user the bot runs. */
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBot } from '../bot-program.js';
import { BotInstance, usualPatience } from '../instance.js';
import { BotWorkplace } from './workplace.js';

const place = new BotWorkplace();
place.bot('stays.py');
const { mount, runtime, uid, directory } = place;
const program = readBot(place.program);
new BotInstance({ program, mount, runtime, uid, patience: usualPatience, refused: () => undefined });
writeSync(1, `${directory} ${uid ?? process.getuid?.()}`);
await sleep(Number(process.argv[2]));
process.kill(process.pid, 'SIGKILL');
