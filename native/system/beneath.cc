#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <utility>

namespace sherin {

int OpenBeneath(int dir, const std::string& path, int flags, mode_t mode) {
  open_how how{};
  how.flags = static_cast<uint64_t>(static_cast<unsigned>(flags | O_CLOEXEC));
  // openat2 refuses a mode that has no use.
  how.mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? mode : 0;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = syscall(SYS_openat2, dir, path.c_str(), &how, sizeof how);
    if (fd >= 0) return static_cast<int>(fd);
    // EAGAIN: a rename elsewhere raced with the walk (openat2(2)).
    if (errno != EINTR && errno != EAGAIN) return -errno;
  }
}

int ParentBeneath::Resolve(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash);
  name_ = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name_.empty() || name_ == "." || name_ == "..") return -EINVAL;
  if (slash == 0) return -EXDEV;  // absolute, as RESOLVE_BENEATH answers
  if (folder == folder_) return 0;
  Descriptor next;
  if (!folder.empty()) {
    next = Descriptor(OpenBeneath(dir_, folder, O_PATH | O_DIRECTORY, 0));
    if (!next.valid()) return next.get();
  }
  parent_ = std::move(next);
  folder_ = folder;
  return 0;
}

int MakeDirectoryBeneath(int dir, const std::string& path, mode_t mode) {
  ParentBeneath parent(dir);
  if (const int error = parent.Resolve(path); error != 0) return error;
  return mkdirat(parent.fd(), parent.name().c_str(), mode) == 0 ? 0 : -errno;
}

int UnlinkBeneath(int dir, const std::string& path) {
  ParentBeneath parent(dir);
  if (const int error = parent.Resolve(path); error != 0) return error;
  return unlinkat(parent.fd(), parent.name().c_str(), 0) == 0 ? 0 : -errno;
}

int RenameBeneath(int dir, const std::string& from, const std::string& to, bool no_replace) {
  ParentBeneath source(dir), target(dir);
  if (const int error = source.Resolve(from); error != 0) return error;
  if (const int error = target.Resolve(to); error != 0) return error;
  const unsigned flags = no_replace ? RENAME_NOREPLACE : 0;
  return renameat2(source.fd(), source.name().c_str(), target.fd(), target.name().c_str(), flags) == 0 ? 0 : -errno;
}

}  // namespace sherin
