/** The Debian package in a root of its own: one step after another of its life there. As root, on request. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuiltPackage, OtherRoot } from './other-root.js';

let built: BuiltPackage;
let other: OtherRoot;
const timeout = 200_000;

describe.runIf(process.getuid?.() === 0)('the package', () => {
  beforeAll(async () => {
    built = new BuiltPackage();
    other = await OtherRoot.start(built);
  }, timeout);
  afterAll(async () => {
    await other?.end();
    built?.remove();
  });

  test('installs, and makes its groups', { timeout }, () => {
    const { said, problems } = other.run(`
      cd /tmp; dpkg -i sherin_*.deb >/dev/null
      getent group sherin sherin-admin | wc -l`);
    expect(said, problems).toBe('2\n');
  });

  test('makes a vault, which takes a file and verifies', { timeout }, () => {
    const { said, problems } = other.run(`
      sherinctl init --yes --no-pin --recovery-out /root/recovery
      sherinctl up; echo hello > /mnt/sherin/files/a.txt; sherinctl verify`);
    expect(said, problems).toContain('0 failures');
  });

  test('is upgraded while the vault is in use', { timeout }, () => {
    const { said, problems } = other.run(`
      cd /tmp; dpkg-deb -R sherin_*.deb next; sed -i 's/^Version: .*/Version: 99/' next/DEBIAN/control
      dpkg-deb -Znone -b next next.deb >/dev/null; dpkg -i next.deb >/dev/null
      cat /mnt/sherin/files/a.txt; dpkg-query -W sherin`);
    expect(said, problems).toMatch(/(^|\n)hello\nsherin\t99\n$/);
  });

  test('is removed, and unmounts before', { timeout }, () => {
    const { said, problems } = other.run(`
      dpkg -r sherin >/dev/null; mountpoint -q /mnt/sherin || echo unmounted`);
    expect(said, problems).toBe('unmounted\n');
  });

  test('is purged, and says which places it keeps', { timeout }, () => {
    const { said, problems } = other.run('dpkg -P sherin; ls -d /usr/lib/sherin || echo gone');
    for (const place of ['sherin', 'sherin-tpm', 'sherin-known'])
      expect(said, problems).toContain(`sherin: /var/lib/${place} is kept`);
    expect(said, problems).toMatch(/\ngone\n$/);
  });

  test('is installed again, and what was kept opens', { timeout }, () => {
    const { said, problems } = other.run(`
      dpkg -i /tmp/next.deb >/dev/null; sherinctl up; cat /mnt/sherin/files/a.txt; sherinctl down`);
    expect(said, problems).toMatch(/hello\nstopped\n$/);
  });
});
