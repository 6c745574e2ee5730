/** Whichever SHERIN_TCTI names, here or in /etc/default/sherin. The kernel has all of them in one group but the first without its resource manager. */
const tpmDevices = ['DeviceAllow=char-tpm rw', 'DeviceAllow=/dev/tpm0 rw'] as const;

/**
 * What sherind, sherin-fs and their bots may still do. Nothing here may give the service a mount namespace of its own (ProtectSystem=, PrivateTmp=,
 * PrivateDevices=, ProtectKernelTunables= …, systemd.exec(5)): the mount that sherin-fs makes would be seen by nobody else. MemoryDenyWriteExecute= would keep
 * V8 from compiling, RestrictNamespaces= bots from having a sandbox, RestrictSUIDSGID= anybody from
 * openat2(2), ProtectHostname= a sandbox from a name of its own.
 */
export const systemHardening = [
  'NoNewPrivileges=yes',
  'DevicePolicy=closed',
  'DeviceAllow=/dev/fuse rw',
  ...tpmDevices,
  [
    'CapabilityBoundingSet=CAP_SYS_ADMIN CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_FSETID CAP_KILL',
    'CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_SYS_PTRACE CAP_SYS_RESOURCE CAP_SYS_CHROOT CAP_IPC_LOCK CAP_NET_ADMIN',
  ].join(' '),
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'IPAddressDeny=any',
  'IPAddressAllow=localhost',
  'SystemCallArchitectures=native',
  'SystemCallFilter=~@clock @cpu-emulation @debug @module @obsolete @raw-io @reboot @swap',
  'SystemCallErrorNumber=EPERM',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'KeyringMode=private',
  'UMask=0077',
  'LimitCORE=0',
  'LimitMEMLOCK=infinity',
  'LimitNOFILE=65536',
] as const;

/**
 * What the commands of the other units may still do: speak to sherin-fs over a socket, and ask for a PIN. The system's credentials may be sealed by the TPM. A mount
 * namespace they do not get either: where one can not be made, as over the mount of a sherin-fs that was killed, the vault would not be locked.
 */
export const commandHardening = [
  'NoNewPrivileges=yes',
  'DevicePolicy=closed',
  ...tpmDevices,
  // of sockets and programs of other users
  'CapabilityBoundingSet=CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH',
  'RestrictAddressFamilies=AF_UNIX',
  'IPAddressDeny=any',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
  'LockPersonality=yes',
  'RestrictRealtime=yes',
  'RestrictNamespaces=yes',
  'RestrictSUIDSGID=yes',
  'ProtectClock=yes',
  'KeyringMode=private',
  'UMask=0077',
  'LimitCORE=0',
] as const;

/** Of a user's service: fusermount3 is set-uid, which a seccomp filter or NoNewPrivileges= would end. */
export const userHardening = ['UMask=0077', 'LimitCORE=0', 'LimitNOFILE=65536'] as const;
