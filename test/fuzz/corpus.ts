/** Inputs that are kept: for each target one compressed file, as most of them share most of their bytes. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { projectRoot } from '../../common/project.js';

const folder = join(projectRoot, 'test/fuzz/corpus');
/** Bytes of all inputs of a target. */
const mostBytes = 16 * 1024 * 1024;

function corpusFile(target: string): string {
  return join(folder, `${target}.gz`);
}

/** A length of four bytes before each. */
export function readCorpus(target: string): Buffer[] {
  const path = corpusFile(target);
  if (!existsSync(path)) return [];
  const bytes = gunzipSync(readFileSync(path), { maxOutputLength: mostBytes });
  const inputs: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    inputs.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return inputs;
}

export function writeCorpus(target: string, inputs: readonly Buffer[]): void {
  const parts = inputs.flatMap((input) => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(input.length);
    return [length, input];
  });
  mkdirSync(folder, { recursive: true });
  writeFileSync(corpusFile(target), gzipSync(Buffer.concat(parts), { level: 9 }));
}
