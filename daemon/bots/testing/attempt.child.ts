/** Starts a bot as whoever runs this, has it run the program named, and prints what came of it as JSON. */
import { BotWorkplace } from './workplace.js';

const place = new BotWorkplace();
try {
  const bot = place.bot('runner.py');
  await bot.start();
  const said = await place.run(bot, process.argv[2] ?? '');
  process.stdout.write(JSON.stringify({ said, limits: bot.facts.limits }));
} finally {
  await place.remove();
}
