import { type MountDriverName, mountDrivers } from '../../daemon/protocol/control.js';
import { choice, command, flag } from '../definition.js';
import { needMountPoint } from '../service/mount-point.js';

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
  },
  examples: [{ text: 'Mount elsewhere', line: 'sherinctl mount --mount ~/vault' }],
  run: async (session, _args, { driver, allowOther, listIds }) => {
    const path = session.places.mount;
    const client = session.connect();
    needMountPoint(session.places);
    await client.call('mount', { path, driver, allowOther, listIds });
    session.output.result({ mount: path }, () =>
      session.output.line(`mounted at ${session.output.name(path)}`),
    );
  },
});

export const umount = command({
  name: 'umount',
  summary: 'Unmount the vault; sherin-fs keeps running',
  examples: [{ text: 'Unmount', line: 'sherinctl umount' }],
  run: async (session) => {
    const { lazy } = await session.connect().call('umount', {});
    session.output.result({ lazy }, () => {
      session.output.line(
        lazy ? 'unmounted; files were open, the mount was detached from them' : 'unmounted',
      );
    });
  },
});
