/** The event log of this boot, as the kernel shows it for a TPM. */
import type { FileHandle } from 'node:fs/promises';
import { systemCode } from '../../common/errors.js';
import { openUntrusted, readBounded } from '../disk/untrusted.js';
import { mostLogBytes } from '../event-log/event-log.js';
import type { TpmSlot } from './header.js';

/** What the kernel shows. */
export type BootLog =
  | { readonly state: 'read'; readonly bytes: Buffer; readonly path: string }
  /** The boot is not measured into a software TPM. */
  | { readonly state: 'software' }
  /** The kernel has none: firmware or boot loader left none. */
  | { readonly state: 'missing'; readonly path: string }
  /** For others than root, or longer than any log. */
  | { readonly state: 'unreadable'; readonly path: string; readonly part: string };

/** @param named another file than the kernel's, for a TPM of any kind */
export async function readBootLog(
  { kind, device }: Pick<TpmSlot, 'kind' | 'device'>,
  named?: string,
): Promise<BootLog> {
  if (named === undefined && kind === 'software') return { state: 'software' };
  const number = /^device:\/dev\/tpm(?:rm)?(\d+)$/.exec(device)?.[1] ?? '0';
  const path = named ?? `/sys/kernel/security/tpm${number}/binary_bios_measurements`;
  let file: FileHandle;
  try {
    file = await openUntrusted(path);
  } catch (error) {
    const code = systemCode(error) ?? 'EIO';
    return code === 'ENOENT' ? { state: 'missing', path } : { state: 'unreadable', path, part: code };
  }
  try {
    const bytes = await readBounded(file, mostLogBytes + 1);
    if (bytes.length === 0) return { state: 'missing', path };
    if (bytes.length > mostLogBytes) return { state: 'unreadable', path, part: 'it is too long' };
    return { state: 'read', bytes, path };
  } catch (error) {
    return { state: 'unreadable', path, part: systemCode(error) ?? 'EIO' };
  } finally {
    await file.close();
  }
}
