#include "handed_key.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../failure.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace sherin {
namespace {

/** F_SEAL_FUTURE_WRITE (Linux 5.1) leaves the mapping that is there, so that it can be overwritten; F_SEAL_WRITE would not. */
constexpr int kSeals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;

int NewFile() {
  constexpr unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int fd = memfd_create("sherin-key", flags | MFD_NOEXEC_SEAL);
  return fd < 0 && errno == EINVAL ? memfd_create("sherin-key", flags) : fd;  // Linux before 6.3
}

/** A page of it, neither swapped nor dumped nor in a forked child; null, with errno. */
void* MapLocked(int fd, size_t size, int protection) {
  void* const at = mmap(nullptr, size, protection, MAP_SHARED | MAP_POPULATE, fd, 0);
  if (at == MAP_FAILED) return nullptr;
  // Of a file it is shared with, not copied: locking it keeps the file's own page in memory.
  if (madvise(at, size, MADV_DONTDUMP) == 0 && madvise(at, size, MADV_DONTFORK) == 0 && mlock(at, size) == 0) return at;
  const int error = errno;
  munmap(at, size);
  errno = error;
  return nullptr;
}

}  // namespace

HandedKey::HandedKey(const LockedBytes& key) : fd_(NewFile()), size_(key.size()) {
  if (fd_ < 0) throw Failure::Errno(errno, "memfd_create");
  if (ftruncate(fd_, static_cast<off_t>(size_)) == 0) at_ = MapLocked(fd_, size_, PROT_READ | PROT_WRITE);
  if (at_ == nullptr || fcntl(fd_, F_ADD_SEALS, kSeals) != 0) {
    const int error = errno;
    if (at_ != nullptr) munmap(at_, size_);
    close(fd_);
    throw Failure::Errno(error, "a sealed memory file");
  }
  memcpy(at_, key.data(), size_);  // sealed first: an error leaves nothing behind
}

HandedKey::~HandedKey() {
  explicit_bzero(at_, size_);
  munmap(at_, size_);
  close(fd_);
}

LockedBytes HandedKey::Take(int fd, size_t size) {
  struct stat facts;
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals || fstat(fd, &facts) != 0 || facts.st_size != static_cast<off_t>(size)) {
    throw Failure("EINVAL", "that is no key which was handed over");
  }
  void* const at = MapLocked(fd, size, PROT_READ);
  if (at == nullptr) throw Failure::Errno(errno, "mmap");
  LockedBytes key(static_cast<const uint8_t*>(at), size);
  munmap(at, size);
  return key;
}

}  // namespace sherin
