/** Loaded into a sherind by NODE_OPTIONS: at SIGUSR2 it says in the log what lives once all garbage is gone. */
const v8 = require('node:v8');
const vm = require('node:vm');

v8.setFlagsFromString('--expose-gc');
const collect = vm.runInNewContext('gc');

process.on('SIGUSR2', async () => {
  collect();
  // What buffers that have gone had is given back in a turn of its own.
  await new Promise(setImmediate);
  collect();
  const { heapUsed, external } = process.memoryUsage();
  process.stderr.write(`heap: ${heapUsed + external} bytes\n`);
});
