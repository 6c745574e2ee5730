import { SherinError } from '../../common/errors.js';
import { type MountDriverName, mountDrivers } from '../../daemon/protocol/control.js';
import { choice, command, flag, text } from '../definition.js';
import { formatTime } from '../output/units.js';
import { needMountPoint } from '../service/mount-point.js';
import { endOf } from '../transfer/version.js';

/** Undefined: the default. */
export const driverOption = choice<MountDriverName>(
  '--driver <name>',
  'mount driver: native (fast, the default) or fuse-native (needs libfuse 2 only)',
  mountDrivers,
);

export const mount = command({
  name: 'mount',
  summary: 'Mount the vault of a running sherin-fs',
  options: {
    driver: driverOption,
    allowOther: flag('--allow-other', 'let other users into the mount, under the modes of the files'),
    listIds: flag('--list-ids', "let the vault's owner list ids/"),
    at: text('--at <time>', 'the tree as it was then, read-only, beside the other mount', 'nothing'),
  },
  details: [
    'A time is a day such as 2026-01-31 (its end), "2026-01-31 13:05", yesterday, or 90min, 3h, 2d, 1w ago.',
  ],
  examples: [
    { text: 'Mount elsewhere', line: 'sherinctl mount --mount ~/vault' },
    { text: 'What everything was yesterday', line: 'sherinctl mount --at yesterday --mount ~/yesterday' },
  ],
  run: async (session, _args, { driver, allowOther, listIds, at }) => {
    const path = session.places.mount;
    const client = session.connect();
    needMountPoint(session.places);
    if (at !== undefined) {
      if (driver !== undefined || allowOther || listIds)
        throw new SherinError('USAGE', { what: '--at goes with --mount only' });
      if (!session.places.mountNamed)
        throw new SherinError('USAGE', { what: '--at needs --mount DIR: the past has a place of its own' });
      const { end } = await client.call('mount.past', { path, end: String(endOf(at, new Date())) });
      session.output.result({ mount: path, end }, () =>
        session.output.line(`mounted at ${session.output.name(path)}, as it was before ${formatTime(end)}`),
      );
      return;
    }
    await client.call('mount', { path, driver, allowOther, listIds });
    session.output.result({ mount: path }, () =>
      session.output.line(`mounted at ${session.output.name(path)}`),
    );
  },
});

export const umount = command({
  name: 'umount',
  summary: 'Unmount the vault; sherin-fs keeps running',
  examples: [
    { text: 'Unmount', line: 'sherinctl umount' },
    { text: 'A mount of the past', line: 'sherinctl umount --mount ~/yesterday' },
  ],
  run: async (session) => {
    const { mount: path, mountNamed } = session.places;
    // Without a name the vault's mount is meant, wherever it is.
    const { lazy } = await session.connect().call('umount', mountNamed ? { path } : {});
    session.output.result({ lazy }, () => {
      session.output.line(
        lazy ? 'unmounted; files were open, the mount was detached from them' : 'unmounted',
      );
    });
  },
});
