/** Every command, in the order of help and man page. A command line loads the one that it calls, help and completion all. */
import type { CommandDefinition } from '../definition.js';

const table: Readonly<Record<string, () => Promise<CommandDefinition>>> = {
  init: async () => (await import('./init.js')).init,
  up: async () => (await import('./up.js')).up,
  down: async () => (await import('./down.js')).down,
  upgrade: async () => (await import('./upgrade.js')).upgrade,
  mount: async () => (await import('./mount.js')).mount,
  umount: async () => (await import('./mount.js')).umount,
  lock: async () => (await import('./lock.js')).lock,
  unlock: async () => (await import('./lock.js')).unlock,
  put: async () => (await import('./put.js')).put,
  get: async () => (await import('./get.js')).get,
  cat: async () => (await import('./cat.js')).cat,
  ls: async () => (await import('./ls.js')).ls,
  tree: async () => (await import('./tree.js')).tree,
  stat: async () => (await import('./stat.js')).stat,
  log: async () => (await import('./log.js')).log,
  restore: async () => (await import('./restore.js')).restore,
  diff: async () => (await import('./diff.js')).diff,
  snapshot: async () => (await import('./sync.js')).snapshot,
  sync: async () => (await import('./sync.js')).sync,
  du: async () => (await import('./du.js')).du,
  gc: async () => (await import('./gc.js')).gc,
  destroy: async () => (await import('./destroy.js')).destroy,
  lineage: async () => (await import('./lineage.js')).lineage,
  verify: async () => (await import('./verify.js')).verify,
  scrub: async () => (await import('./scrub.js')).scrub,
  fsck: async () => (await import('./fsck.js')).fsck,
  quarantine: async () => (await import('./quarantine.js')).quarantine,
  key: async () => (await import('./key.js')).key,
  backup: async () => (await import('./backup.js')).backup,
  'restore-backup': async () => (await import('./restore-backup.js')).restoreBackup,
  task: async () => (await import('./task.js')).task,
  bot: async () => (await import('./bot.js')).bot,
  collection: async () => (await import('./collection.js')).collection,
  policy: async () => (await import('./policy.js')).policy,
  namespace: async () => (await import('./namespace.js')).namespace,
  estop: async () => (await import('./estop.js')).estop,
  why: async () => (await import('./why.js')).why,
  metrics: async () => (await import('./metrics.js')).metrics,
  status: async () => (await import('./status.js')).status,
  doctor: async () => (await import('./doctor.js')).doctor,
  'install-units': async () => (await import('./install-units.js')).installUnits,
  bench: async () => (await import('./bench.js')).bench,
  attest: async () => (await import('./attest.js')).attest,
  manifest: async () => (await import('./manifest.js')).manifest,
  audit: async () => (await import('./audit.js')).audit,
  completion: async () => (await import('./completion.js')).completion(allCommands),
  'complete-path': async () => (await import('./completion.js')).completePath,
};

export const commandNames: readonly string[] = Object.keys(table);

export function allCommands(): Promise<readonly CommandDefinition[]> {
  return Promise.all(Object.values(table).map((load) => load()));
}

/** The command of this name, or undefined. */
export async function oneCommand(name: string): Promise<CommandDefinition | undefined> {
  return Object.hasOwn(table, name) ? await table[name]?.() : undefined;
}
