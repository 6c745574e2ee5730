import { modelOnMount } from './on-mount.js';

// Limits that test/posix/fuse-native-limits.ts has: nobody knows who calls, each name has an inode of its own, what is removed
// while open gets a hidden name, and there are no flags of rename. And libfuse 2.9 drops a chown that names nobody.
modelOnMount('fuse-native', {
  otherUsers: false,
  without: ['link', 'unlink', 'rmdir', 'rename', 'fallocate', 'extents', 'chown', 'fchown'],
  utf8: true,
});
