import type { Status } from '../../daemon/protocol/control.js';
import { metricsText } from './metrics.js';
import type { VaultService } from './service.js';

export interface GeneratedFile {
  readonly name: string;
  readonly mode: number;
  readonly content: () => Promise<Buffer>;
}

const auditLines = 1000;

function json(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** The files of `.sherin/`: made when opened, there while the vault is locked, too. */
export function generatedFiles(service: VaultService): readonly GeneratedFile[] {
  const status = (): Promise<Status> => service.status();
  return [
    { name: 'status.json', mode: 0o444, content: async () => json(await status()) },
    { name: 'head.json', mode: 0o444, content: async () => json((await status()).head) },
    { name: 'metrics', mode: 0o444, content: async () => Buffer.from(metricsText(await status())) },
    {
      name: 'audit.jsonl',
      mode: 0o400,
      content: async () => {
        const session = service.current();
        const records = session === null ? [] : await session.audit.tail(auditLines);
        return Buffer.from(records.map((record) => `${JSON.stringify(record)}\n`).join(''));
      },
    },
  ];
}
