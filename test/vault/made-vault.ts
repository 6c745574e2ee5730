/**
 * What `sherinctl init` has left on disk, kept for all tests of a process: vault, state of its TPM, known vaults, recovery key. Making one takes
 * seconds of scrypt and TPM, a copy none.
 */
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const parts = ['vault', 'tpm', 'known', 'recovery'];
const knownVaults = 'known/known_vaults';
/** Homes of what was made, by the flags it was made with. */
const kept = new Map<string, string>();

/** Copies what these flags made into a home without a vault; false where nothing is kept of them. */
export function copyInit(flags: readonly string[], home: string): boolean {
  const made = kept.get(flags.join(' '));
  if (made === undefined) return false;
  copyParts(made, home);
  return true;
}

export function keepInit(flags: readonly string[], home: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'sherin-made-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  copyParts(home, folder);
  kept.set(flags.join(' '), folder);
}

function copyParts(from: string, to: string): void {
  for (const part of parts.filter((name) => existsSync(join(from, name))))
    cpSync(join(from, part), join(to, part), { recursive: true, preserveTimestamps: true });
  // The only one of them that names the place of the vault.
  const known = join(to, knownVaults);
  if (existsSync(known)) writeFileSync(known, readFileSync(known, 'utf8').replaceAll(from, to));
}
