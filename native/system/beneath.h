#pragma once
#include <sys/types.h>

#include <string>

#include "descriptor.h"

namespace sherin {

/**
 * Path operations that can not leave a directory: openat2(2) with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and
 * RESOLVE_NO_MAGICLINKS. Each returns 0 (or a descriptor) or −errno; descriptors are O_CLOEXEC.
 */
int OpenBeneath(int dir, const std::string& path, int flags, mode_t mode);
int MakeDirectoryBeneath(int dir, const std::string& path, mode_t mode);
int UnlinkBeneath(int dir, const std::string& path);
/** Both ends beneath one directory; `no_replace` fails with EEXIST where the target exists. */
int RenameBeneath(int dir, const std::string& from, const std::string& to, bool no_replace);

/** The parent directory of a path and its last name; remembers the directory for the next path with the same one. */
class ParentBeneath {
 public:
  explicit ParentBeneath(int dir) : dir_(dir) {}
  /** 0 or −errno. */
  int Resolve(const std::string& path);
  int fd() const { return parent_.valid() ? parent_.get() : dir_; }
  const std::string& name() const { return name_; }

 private:
  const int dir_;
  Descriptor parent_;
  std::string folder_;
  std::string name_;
};

}  // namespace sherin
