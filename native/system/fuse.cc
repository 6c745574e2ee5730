#include "fuse.h"

#include <dirent.h>
#include <errno.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <memory>

#include "../failure.h"

namespace sherin {

bool IsFuseDescriptor(int fd) {
  struct stat facts;
  // misc device 229: Documentation/admin-guide/devices.txt of the kernel
  return fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode) && facts.st_rdev == makedev(10, 229);
}

std::vector<int> FuseDescriptors() {
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc/self/fd"), closedir);
  if (!folder) throw Failure::Errno(errno, "opendir");
  std::vector<int> found;
  while (const dirent* entry = readdir(folder.get())) {
    char* end = nullptr;
    const long fd = strtol(entry->d_name, &end, 10);
    if (*end == '\0' && IsFuseDescriptor(static_cast<int>(fd))) found.push_back(static_cast<int>(fd));
  }
  return found;
}

uint64_t InvalidateInodes(int fd, uint64_t first, uint64_t last) {
  struct {
    fuse_out_header header;
    fuse_notify_inval_inode_out inode;
  } message{};
  static_assert(sizeof message == sizeof(fuse_out_header) + sizeof(fuse_notify_inval_inode_out));
  message.header.len = sizeof message;
  message.header.error = FUSE_NOTIFY_INVAL_INODE;
  // off 0 with len 0: all pages (fuse_reverse_inval_inode in fs/fuse/inode.c); a negative off means attributes only.
  uint64_t known = 0;
  for (uint64_t ino = first; ino <= last; ++ino) {
    message.inode.ino = ino;
    while (write(fd, &message, sizeof message) < 0) {
      if (errno == EINTR) continue;
      if (errno == ENOENT) {
        --known;
        break;
      }
      throw Failure::Errno(errno, "write");
    }
    ++known;
  }
  return known;
}

}  // namespace sherin
