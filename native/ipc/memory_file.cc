#include "memory_file.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>

#include <cerrno>

#include "socket.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

namespace sherin::ipc {

Fd NewMemoryFile(const std::string& name, int64_t size) {
  const unsigned flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  Fd fd(memfd_create(name.c_str(), flags | MFD_NOEXEC_SEAL));
  if (!fd && errno == EINVAL) fd = Fd(memfd_create(name.c_str(), flags));  // Linux before 6.3
  if (!fd) throw SocketError{errno, "memfd_create"};
  if (size > 0) {
    if (ftruncate(fd.get(), size) != 0) throw SocketError{errno, "ftruncate"};
    if (fcntl(fd.get(), F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0) throw SocketError{errno, "fcntl"};
  }
  return fd;
}

void SealMemoryFile(int fd) {
  if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) != 0) throw SocketError{errno, "fcntl"};
}

}  // namespace sherin::ipc
