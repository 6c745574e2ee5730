import type { Status } from '../../../daemon/protocol/control.js';
import { fsMetricsText } from '../../../daemon/protocol/fs-metrics.js';
import type { GeneratedFile } from '../../mount/source.js';
import type { VaultView } from '../session/vault-view.js';

const auditLines = 1000;

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** The files of `.sherin/`: made when opened, there while the vault is locked, too. */
export function generatedFiles(vault: VaultView): readonly GeneratedFile[] {
  const status = (): Promise<Status> => vault.status();
  return [
    { name: 'status.json', mode: 0o444, content: async () => json(await status()) },
    { name: 'head.json', mode: 0o444, content: async () => json((await status()).head) },
    { name: 'metrics', mode: 0o444, content: async () => Buffer.from(fsMetricsText(await status())) },
    {
      name: 'audit.jsonl',
      mode: 0o400,
      content: async () => {
        const session = vault.current();
        const records = session === null ? [] : await session.records.tail(auditLines);
        return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      },
    },
  ];
}
