import { statfsSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem } from 'node:os';
import { resolve } from 'node:path';
import { localError } from '../../common/local-error.js';
import { version } from '../../common/version.js';
import { tableOf } from '../bench/figures.js';
import { Interrupt } from '../bench/interrupt.js';
import { mib, smallBytes } from '../bench/material.js';
import { measure } from '../bench/rounds.js';
import { TemporaryVault } from '../bench/temporary-vault.js';
import { command, number, text } from '../definition.js';
import { printTable } from '../output/table.js';
import { formatBytes, formatCount } from '../output/units.js';

/** statfs(2), f_type of tmpfs. */
const tmpfs = 0x01021994;

export const bench = command({
  name: 'bench',
  summary: 'Measure Sherin on this machine with a temporary vault',
  details: [
    'Makes a vault, a mount and a software TPM of its own, measures, and removes them, after Ctrl-C too. Your vault and the TPM of the machine are not touched; --vault, --mount and --runtime-dir have no meaning here.',
    'Cold means that sherin-fs and the kernel hold nothing of the files in memory; a virtual machine may still have them in its host. Beside each read stands the same with plain files in the same directory. Each figure is the median of the rounds, each round with new content, which is checked.',
    'Needs room for (rounds + 1) × size in the directory. To compare with other encrypting file systems: npm run bench.',
  ],
  options: {
    dir: text('--dir <dir>', 'where the vault lies meanwhile; default: TMPDIR, or /tmp', 'directory'),
    size: number('--size <mib>', 'MiB of the large file; default: 128', { least: 1, most: 65_536 }),
    files: number('--files <n>', 'number of small files; default: 1000', { least: 1, most: 100_000 }),
    rounds: number('--rounds <n>', 'default: 5', { least: 1, most: 100 }),
  },
  examples: [
    { text: 'This machine, its temporary directory', line: 'sherinctl bench' },
    { text: 'Another disk, for machines', line: 'sherinctl bench --dir /srv --json' },
  ],
  run: async (session, _args, { dir, size = 128, files = 1000, rounds = 5 }) => {
    const { output } = session;
    const place = resolve(dir ?? tmpdir());
    const store = storeOf(place);
    const interrupt = new Interrupt();
    try {
      const vault = new TemporaryVault(place, interrupt);
      try {
        const driver = await vault.start();
        const wish = { size: size * mib, files, rounds };
        const found = await measure(vault, wish, interrupt, (round) => {
          if (!output.json) output.note(`round ${round} of ${rounds}`);
        });
        const figures = found.list();
        const machine = { cpu: cpus()[0]?.model ?? 'unknown', cpus: cpus().length, memoryBytes: totalmem() };
        output.result(
          {
            date: new Date().toISOString(),
            version,
            machine: { ...machine, kernel: release(), node: process.versions.node },
            driver,
            store: { path: place, kind: store },
            largeBytes: wish.size,
            smallFiles: files,
            smallBytes,
            rounds,
            figures,
          },
          () => {
            output.line(
              `Sherin ${version}, driver ${driver}, Linux ${release()}, Node ${process.versions.node}`,
            );
            output.line(`${machine.cpu}, ${machine.cpus} CPUs, ${formatBytes(machine.memoryBytes)}`);
            output.line(
              `vault in ${output.name(place)} (${store}); ${formatBytes(wish.size)}, ${formatCount(files, 'file')} of 4 KiB; medians of ${rounds}`,
            );
            output.line();
            printTable(output, ['work', 'Sherin', 'least – most', 'plain files', 'ratio'], tableOf(figures));
          },
        );
      } finally {
        await vault.end();
      }
    } finally {
      interrupt.release();
    }
  },
});

function storeOf(directory: string): 'memory' | 'disk' {
  try {
    return statfsSync(directory).type === tmpfs ? 'memory' : 'disk';
  } catch (error) {
    throw localError(directory, error);
  }
}
