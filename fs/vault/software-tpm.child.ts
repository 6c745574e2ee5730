/** Child of software-tpm.test.ts: starts a software TPM, says its number, and waits to be killed. */
import { writeSync } from 'node:fs';
import { SoftwareTpm } from './software-tpm.js';

const [stateDir = '', runtimeDir = ''] = process.argv.slice(2);
const tpm = await SoftwareTpm.start({ stateDir, runtimeDir });
writeSync(1, `${tpm.pid}\n`);
setInterval(() => undefined, 1000);
