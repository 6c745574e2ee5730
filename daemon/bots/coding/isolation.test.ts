/** Where the bot can make no sandboxes for tested programs it runs none. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../../common/project.js';
import { BotWorkplace, taskOf } from '../testing/workplace.js';

const folder = join(projectRoot, 'daemon/bots/coding/tasks');

test('without the right to make sandboxes nothing of a request runs', async () => {
  const other = new BotWorkplace();
  try {
    const helpless = other.ownBot('coding', { nests: false });
    await helpless.start();
    const request = other.request(readFileSync(join(folder, 'python-passing.txt'), 'utf8'));
    expect(await helpless.give(taskOf(request))).toEqual({ kind: 'error', error: 'bot-fault' });
    expect(helpless.facts).toMatchObject({ state: 'ready', restarts: 0 });
  } finally {
    await other.remove();
  }
});
