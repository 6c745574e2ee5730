import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { daemonMethods, daemonNotifications } from '../protocol/daemon.js';
import { protocolPage } from './page.js';

it('docs/protocol.md is made from the table of methods', () => {
  const stored = readFileSync(new URL('../../docs/protocol.md', import.meta.url), 'utf8');
  expect(stored, 'run: npm run build && node dist/daemon/print-protocol.js > docs/protocol.md').toBe(
    protocolPage(),
  );
});

it('names every method, notification and field', () => {
  const page = protocolPage();
  for (const name of [...Object.keys(daemonMethods), ...Object.keys(daemonNotifications)])
    expect(page).toContain(`\`${name}\``);
  for (const field of ['relatives[].relation', 'vault.uuid', 'cube_ids', 'kinds', 'methods[].statuses'])
    expect(page).toContain(`| \`${field}\` |`);
  expect(page).not.toMatch(/undefined|anything|\[object/);
});
