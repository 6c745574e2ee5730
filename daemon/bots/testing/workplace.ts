/** A bot's folder, its folder of the mount and a runtime folder, in a directory that others may pass through. */
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { asSherinId, type SherinId } from '../../../common/ids.js';
import { projectRoot } from '../../../common/project.js';
import { readBot } from '../bot-program.js';
import { type Patience, usualPatience } from '../instance.js';
import type { TaskMessage } from '../messages.js';
import type { Refusal } from '../refusal.js';
import { type BotState, SupervisedBot } from '../supervised-bot.js';

/** They are not compiled, so they are where their source is. */
const programs = join(projectRoot, 'daemon/bots/testing/programs');
const root = process.getuid?.() === 0;
let users = 0;

export function idOf(number: number): SherinId {
  return asSherinId(`FILES_20260131_${number.toString(16).padStart(32, '0')}`);
}

export function taskOf(id: SherinId): TaskMessage {
  return { task_id: id, domain: 'tests', department: 'any', class: 'attempt', order_seq: 1, timestamp: 1 };
}

export class BotWorkplace {
  readonly directory = mkdtempSync(join(tmpdir(), 'sherin-bots-'));
  readonly program = join(this.directory, 'program');
  readonly mount = join(this.directory, 'mount');
  readonly runtime = join(this.directory, 'run');
  /** Of its own as root; else that of the tests. */
  readonly uid = root ? 1_900_000_000 + (process.pid % 10_000) * 100 + users++ : null;
  readonly refusals: Refusal[] = [];
  readonly states: BotState[] = [];
  #tasks = 0;
  #bots: SupervisedBot[] = [];

  constructor() {
    chmodSync(this.directory, 0o755);
    for (const folder of [this.program, this.mount, this.runtime, join(this.mount, 'in'), this.out])
      mkdirSync(folder);
    if (this.uid !== null) chownSync(this.out, this.uid, this.uid);
  }

  get out(): string {
    return join(this.mount, 'out');
  }

  /** A bot of one of the programs beside this file, or of a file of another place. */
  bot(program: string, manifest: object = {}, patience: Partial<Patience> = {}): SupervisedBot {
    const source = program.startsWith('/') ? program : join(programs, program);
    const name = source.slice(source.lastIndexOf('/') + 1);
    cpSync(source, join(this.program, name));
    chmodSync(join(this.program, name), 0o755);
    const whole = {
      bot_id: 'tester',
      version: '1',
      layer: 'worker',
      domain: 'tests',
      exec: [`./${name}`],
      ...manifest,
    };
    writeFileSync(join(this.program, 'bot.json'), JSON.stringify(whole));
    return this.#supervised(this.mount, patience);
  }

  /**
   * One of the bots that come along, as it was built, but for what `changes` says of its manifest.
   * @param mount the folder of the mount that it is to have: its own, or one of a vault
   */
  ownBot(name: string, changes: object = {}, mount = this.mount): SupervisedBot {
    cpSync(join(projectRoot, 'dist/bots', name), this.program, { recursive: true });
    const manifest = join(this.program, 'bot.json');
    writeFileSync(manifest, JSON.stringify({ ...JSON.parse(readFileSync(manifest, 'utf8')), ...changes }));
    return this.#supervised(mount);
  }

  #supervised(mount: string, patience: Partial<Patience> = {}): SupervisedBot {
    const bot = new SupervisedBot({
      program: readBot(this.program),
      mount,
      runtime: this.runtime,
      uid: this.uid,
      patience: { ...usualPatience, ...patience },
      refused: (refusal) => this.refusals.push(refusal),
      changed: (state) => this.states.push(state),
      log: pino({ level: 'silent' }),
    });
    this.#bots.push(bot);
    return bot;
  }

  /** A request with this content. */
  request(content: string): SherinId {
    const id = idOf(++this.#tasks);
    writeFileSync(join(this.mount, 'in', id), content);
    return id;
  }

  /** What a Python program prints when `bot`, a runner, runs it. */
  async run(bot: SupervisedBot, content: string): Promise<string> {
    const id = this.request(content);
    const outcome = await bot.give(taskOf(id));
    if (outcome?.kind !== 'result') throw new Error(`no result: ${JSON.stringify(outcome)}`);
    return readFileSync(join(this.out, id), 'utf8');
  }

  async remove(): Promise<void> {
    for (const bot of this.#bots) await bot.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Waits for what comes soon. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}
