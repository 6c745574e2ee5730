#include "locked_mapping.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

#include <cerrno>
#include <string>
#include <utility>

#include "socket.h"

namespace sherin::ipc {

LockedMapping::LockedMapping(size_t size)
    : at_(mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)), size_(size), own_(true) {
  Lock();
}

LockedMapping::LockedMapping(const Fd& file, size_t size) : size_(size), own_(false) {
  // Of a descriptor that can not write: a mapping of another one would keep the file from being sealed.
  const Fd readable(open(("/proc/self/fd/" + std::to_string(file.get())).c_str(), O_RDONLY | O_CLOEXEC));
  if (!readable) throw SocketError{errno, "open"};
  at_ = mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, readable.get(), 0);
  Lock();
}

LockedMapping::LockedMapping(LockedMapping&& other) noexcept
    : at_(std::exchange(other.at_, MAP_FAILED)), size_(other.size_), own_(other.own_) {}

LockedMapping::~LockedMapping() {
  if (at_ == MAP_FAILED) return;
  if (own_) explicit_bzero(at_, size_);
  munmap(at_, size_);
}

void LockedMapping::Lock() {
  if (at_ == MAP_FAILED) throw SocketError{errno, "mmap"};
  if (madvise(at_, size_, MADV_DONTDUMP) == 0 && madvise(at_, size_, MADV_DONTFORK) == 0 && mlock(at_, size_) == 0) return;
  const int error = errno;
  munmap(at_, size_);
  throw SocketError{error, "mlock"};
}

}  // namespace sherin::ipc
