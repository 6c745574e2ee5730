#!/usr/bin/env node
/**
 * Runs the program in the file beside this one. What V8 had compiled of it at the build is taken as it is; where there is nothing of this V8 with
 * these flags it compiles anew (docs/decisions/0013-programs-in-one-file.md).
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cachedDataVersionTag } from 'node:v8';
import { Script } from 'node:vm';

const folder = dirname(fileURLToPath(import.meta.url));
const filename = join(folder, 'program.cjs');
const compiled = join(folder, `program.${cachedDataVersionTag()}.compiled`);
const given = existsSync(compiled) ? { cachedData: readFileSync(compiled) } : {};
const script = new Script(readFileSync(filename, 'utf8'), { filename, ...given });
const module = { exports: {} };
script.runInThisContext()(module.exports, createRequire(filename), module, filename, folder);
