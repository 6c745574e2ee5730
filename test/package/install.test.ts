/** The Debian package in a root of its own: installed, used, upgraded, removed and purged; and its units under a systemd of its own. As root, on request. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../vault/wait.js';

const root = resolve(import.meta.dirname, '../..');
const group = `/sys/fs/cgroup/unified/sherin-test-${process.pid}`;
let home: string;
let made = 0;

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'sherin-test-'));
  execFileSync(process.execPath, [join(root, 'setup/package/main.mjs'), home]);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs a script in another root. @returns what it said, and the root's layer */
function otherRoot(script: string, within: readonly string[] = []) {
  const base = join(home, `${made++}`);
  mkdirSync(base);
  for (const name of readdirSync(home).filter((one) => one.endsWith('.deb')))
    execFileSync('ln', [join(home, name), base]);
  const spaces = ['--mount', '--pid', '--cgroup', '--ipc', '--uts', '--fork', '--kill-child'];
  const args = [
    ...within,
    'unshare',
    ...spaces,
    'bash',
    join(import.meta.dirname, 'other-root.sh'),
    root,
    base,
    script,
  ];
  const [program = '', ...rest] = args;
  const { stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8', timeout: 200_000 });
  return { said: stdout, problems: stderr, layer: join(base, 'upper') };
}

describe.runIf(process.getuid?.() === 0)('in another root', () => {
  test('installed, used, upgraded in use, removed and purged; what is kept opens again', {
    timeout: 200_000,
  }, () => {
    const { said, problems } = otherRoot(`
      say() { echo "== $*"; }
      cd /tmp; dpkg -i sherin_*.deb >/dev/null
      getent group sherin sherin-admin | wc -l
      sherinctl init --yes --no-pin --recovery-out /root/recovery
      sherinctl up; echo hello > /mnt/sherin/files/a.txt; sherinctl verify
      dpkg-deb -R sherin_*.deb next; sed -i 's/^Version: .*/Version: 99/' next/DEBIAN/control
      dpkg-deb -b next next.deb >/dev/null; dpkg -i next.deb
      say upgraded; cat /mnt/sherin/files/a.txt
      dpkg -r sherin; say removed; mountpoint -q /mnt/sherin || echo unmounted
      dpkg -P sherin; say purged; ls -d /usr/lib/sherin || echo gone
      dpkg -i next.deb >/dev/null; sherinctl up; cat /mnt/sherin/files/a.txt; sherinctl down; say end`);
    expect(said, problems).toMatch(/^2\n/);
    expect(said).toContain('0 failures');
    expect(said).toMatch(/== upgraded\nhello\n/);
    expect(said).toMatch(/== removed\nunmounted\n/);
    for (const place of ['sherin', 'sherin-tpm', 'sherin-known'])
      expect(said).toContain(`sherin: /var/lib/${place} is kept`);
    expect(said).toMatch(/== purged\ngone\n/);
    expect(said).toMatch(/hello\nstopped\n== end\n$/);
  });

  const bootable = existsSync('/sys/fs/cgroup/unified') && existsSync('/lib/systemd/systemd');
  test.runIf(bootable)(
    'systemd runs it: notified, started again after kills, locked before sleep',
    { timeout: 200_000 },
    async () => {
      const { said, problems } = await underSystemd(
        'sherinctl init --yes --no-pin --recovery-out /root/recovery',
        `
        mountpoint -q /mnt/sherin || sherinctl up; systemctl is-active sherind.service
        sherinctl unlock; echo hello > /mnt/sherin/files/a.txt
        settled() { for i in $(seq 100); do "$@" && return; sleep 0.1; done; echo "never: $*"; }
        asks() { sherinctl task submit '17 * 23' >/dev/null 2>&1; }; settled asks
        solved() { sherinctl task list | grep -q ' done '; }; settled solved; sherinctl task list | grep -o ' done '
        pkill -9 -f dist/fs/main.js; readable() { grep -q hello /mnt/sherin/files/a.txt 2>/dev/null; }
        settled readable; echo 'sherin-fs is back'
        systemctl start sherin-lock-before-sleep.service; sherinctl status | grep ^state
        sherinctl unlock; kill -9 $(systemctl show -p MainPID --value sherind)
        settled readable; settled systemctl is-active -q sherind; echo 'sherind is back'
        systemctl stop sherind.socket sherind.service; mountpoint -q /mnt/sherin || echo unmounted
        systemctl start sherind.socket; sherinctl task list >/dev/null 2>&1; settled systemctl is-active -q sherind
        echo activated; sherinctl down; systemctl is-active sherind.service sherind.socket`,
      );
      const lines = said.split('\n').filter((line) => !/^(unlocked|.* is mounted at .*)$/.test(line));
      expect(lines, problems).toEqual([
        ...['active', ' done ', 'sherin-fs is back', 'state:    locked', 'sherind is back', 'unmounted'],
        ...['activated', 'stopped', 'inactive', 'inactive', ''],
      ]);
    },
  );

  test.runIf(bootable)(
    'where its unit does not start a vault, up says what to do',
    { timeout: 200_000 },
    async () => {
      const { said, problems } = await underSystemd(
        'true',
        `
        sherinctl up 2>&1; sherinctl init --yes --no-pin --recovery-out /root/recovery >/dev/null
        echo damaged > /var/lib/sherin/vault.json; sherinctl up 2>&1
        rm /var/lib/sherin/vault.json; sherinctl up 2>&1; sherinctl up --header-backup >/dev/null; sherinctl down`,
      );
      const [missing, damaged, gone, ...rest] = said.split('\n');
      expect(missing, problems).toMatch(/^sherinctl: there is no vault at .* sherinctl init( \S+)?$/);
      expect(damaged).toMatch(/^sherinctl: systemctl start .* — see: sherinctl why$/);
      expect(gone).toMatch(/ sherinctl up --header-backup$/);
      expect(rest).toEqual(['stopped', '']);
    },
  );

  test.runIf(bootable)(
    'a vault with a PIN is opened by its unit: with a credential, with what somebody answers, and not with a wrong one',
    { timeout: 200_000 },
    async () => {
      const { said, problems } = await underSystemd(
        // what systemd mounts for a service, such as its credentials, is seen by it only where mounts are shared
        "mount --make-rshared /; sherinctl init --yes --pin-fd 3 --recovery-out /root/recovery 3<<< 'a good PIN'",
        `
        state() { sherinctl status | grep ^state; }
        credential() { printf "$1" | systemd-creds encrypt --with-key=host --name=sherin.pin - "$store/sherin.pin"; }
        store=/etc/credstore.encrypted; mkdir -p -m 0700 "$store"
        credential 'a good PIN'; timeout 60 systemctl start sherin-unlock.service; echo "with a credential: $?"; state
        systemctl stop sherin-unlock.service; sherinctl lock
        credential 'a bad PIN'; timeout 60 systemctl start sherin-unlock.service; echo "with a wrong one: $?"; state
        rm "$store/sherin.pin"; systemctl start --no-block sherin-unlock.service
        asked() { ls /run/systemd/ask-password/ask.*; }; for i in $(seq 300); do asked >/dev/null 2>&1 && break; sleep 0.1; done
        socket=$(sed -n s/^Socket=//p "$(asked)"); printf 'a good PIN' | /lib/systemd/systemd-reply-password 1 "$socket"
        opened() { systemctl is-active -q sherin-unlock.service; }; for i in $(seq 300); do opened && break; sleep 0.1; done
        opened; echo "with an answer: $?"; state; sherinctl down`,
      );
      expect(said.split('\n'), problems).toEqual([
        ...['with a credential: 0', 'state:    unlocked', 'locked'],
        ...['with a wrong one: 1', 'state:    locked (SLOT_REFUSED; see: sherinctl why)'],
        ...['with an answer: 0', 'state:    unlocked', 'stopped', ''],
      ]);
    },
  );
});

/** In another root with the package, after what makes a vault, a systemd of its own runs a script. @returns what it said, and all problems */
async function underSystemd(init: string, script: string) {
  const unit = [
    ...['[Service]', 'Type=oneshot', 'ExecStart=/bin/bash /root/script'],
    ...['StandardOutput=file:/root/said', 'StandardError=file:/root/problems'],
    'ExecStopPost=/bin/systemctl --no-block exit',
  ];
  mkdirSync(group);
  try {
    const { layer, problems } = otherRoot(
      `cd /root; dpkg -i /tmp/sherin_*.deb >/dev/null
      ${init}
      echo ${quote(script)} > script; echo ${quote(unit.join('\n'))} > /etc/systemd/system/try.service
      mkdir -p /run/systemd; exec setsid /lib/systemd/systemd --system --unit=try.service --show-status=no`,
      ['bash', '-c', 'echo $$ > "$0/cgroup.procs"; exec "$@"', group],
    );
    const read = (name: string): string => readFileSync(join(layer, 'root', name), 'utf8');
    return { said: read('said'), problems: `${problems}${read('problems')}` };
  } finally {
    await until('processes are left', () => removed(group));
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Groups below first; false while a process is in one. */
function removed(folder: string): boolean {
  const below = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  if (!below.every(({ name }) => removed(join(folder, name)))) return false;
  try {
    rmdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
