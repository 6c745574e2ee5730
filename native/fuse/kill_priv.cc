#include "kill_priv.h"

#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace sherin::fuse {
namespace {

thread_local bool answers_hello = false;
thread_local bool drops_privileges = false;

ssize_t Send(int device, iovec* parts, int count, void*) {
  // The first part is the header; of old kernels the second is shorter, and has no such flag.
  if (std::exchange(answers_hello, false) && count == 2 && parts[1].iov_len >= sizeof(fuse_init_out)) {
    fuse_init_out hello;
    memcpy(&hello, parts[1].iov_base, sizeof hello);
    hello.flags |= FUSE_HANDLE_KILLPRIV_V2;
    memcpy(parts[1].iov_base, &hello, sizeof hello);
  }
  return writev(device, parts, count);
}

/** The arguments of a request, if they are all there. */
template <typename Arguments>
bool Read(const uint8_t* request, size_t size, Arguments* arguments) {
  if (size < sizeof(fuse_in_header) + sizeof *arguments) return false;
  memcpy(arguments, request + sizeof(fuse_in_header), sizeof *arguments);
  return true;
}

bool Drops(const uint8_t* request, size_t size) {
  fuse_in_header header;
  if (size < sizeof header) return false;
  memcpy(&header, request, sizeof header);
  fuse_write_in write;
  fuse_setattr_in set;
  fuse_open_in open;
  switch (header.opcode) {
    case FUSE_WRITE:
      return Read(request, size, &write) && (write.write_flags & FUSE_WRITE_KILL_SUIDGID) != 0;
    case FUSE_SETATTR:
      return Read(request, size, &set) && (set.valid & FATTR_KILL_SUIDGID) != 0;
    case FUSE_OPEN:
      return Read(request, size, &open) && (open.open_flags & FUSE_OPEN_KILL_SUIDGID) != 0;
    default:
      return false;
  }
}

ssize_t Receive(int device, void* bytes, size_t size, void*) {
  const ssize_t got = read(device, bytes, size);
  drops_privileges = got > 0 && Drops(static_cast<const uint8_t*>(bytes), static_cast<size_t>(got));
  return got;
}

}  // namespace

void TakeOverKillPriv(fuse_session* session) {
  const fuse_custom_io io{Send, Receive, nullptr, nullptr};
  // The descriptor is the one that it has. Without memory the kernel does what it would have done.
  fuse_session_custom_io(session, &io, fuse_session_fd(session));
}

bool DropsPrivileges() { return drops_privileges; }

void AnswersHello() { answers_hello = true; }

}  // namespace sherin::fuse
