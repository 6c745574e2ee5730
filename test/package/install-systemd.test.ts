/** The units of the Debian package, under a systemd of its own. As root, on request. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BuiltPackage, underSystemd } from './other-root.js';

let built: BuiltPackage;
const timeout = 200_000;

describe.runIf(process.getuid?.() === 0)('in another root', () => {
  beforeAll(() => {
    built = new BuiltPackage();
  }, timeout);
  afterAll(() => built?.remove());

  test('systemd runs it: notified, started again after kills, locked before sleep', {
    timeout,
  }, async () => {
    const { said, problems } = await underSystemd(
      built,
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
        pid() { systemctl show -p MainPID --value sherind; }
        # what systemd says of one that was killed may be from before
        other() { [ "$(pid)" != "$killed" ] && systemctl is-active -q sherind; }
        sherinctl unlock; killed=$(pid); kill -9 "$killed"
        settled other; settled readable; echo 'sherind is back'
        mounted() { grep -q ' - fuse.sherin ' /proc/self/mountinfo; }
        systemctl stop sherind.socket sherind.service; mounted || echo unmounted
        systemctl start sherind.socket; sherinctl task list >/dev/null 2>&1; settled systemctl is-active -q sherind
        echo activated; kill -9 "$(pid)"; dead() { [ "$(pid)" = 0 ]; }; settled dead
        systemctl stop sherind.socket sherind.service; mounted || echo 'unmounted after a kill'
        sherinctl up; sherinctl down; systemctl is-active sherind.service sherind.socket`,
    );
    const lines = said.split('\n').filter((line) => !/^(unlocked|.* is mounted at .*)$/.test(line));
    expect(lines, problems).toEqual([
      ...['active', ' done ', 'sherin-fs is back', 'state:    locked', 'sherind is back', 'unmounted'],
      ...['activated', 'unmounted after a kill', 'stopped', 'inactive', 'inactive', ''],
    ]);
  });

  test('where its unit does not start a vault, up says what to do', { timeout }, async () => {
    const { said, problems } = await underSystemd(
      built,
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
  });

  test('a vault with a PIN is opened by its unit: with a credential, with what somebody answers, and not with a wrong one', {
    timeout,
  }, async () => {
    const { said, problems } = await underSystemd(
      built,
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
  });
});
