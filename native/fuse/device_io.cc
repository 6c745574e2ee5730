#include "device_io.h"

#include <sys/uio.h>
#include <unistd.h>

#include "kill_priv.h"
#include "session.h"

namespace sherin::fuse {
namespace {

ssize_t Send(int device, iovec* parts, int count, void* session) {
  CompleteHello(parts, count);
  // The first part is the header.
  SecondDevice& second = static_cast<Session*>(session)->second();
  return writev(second.For(device, parts[0].iov_base, parts[0].iov_len), parts, count);
}

ssize_t Receive(int device, void* bytes, size_t size, void* session) {
  Session& of = *static_cast<Session*>(session);
  const ssize_t got = of.looking() ? of.second().Receive(bytes, size) : read(device, bytes, size);
  NotePrivileges(bytes, got > 0 ? static_cast<size_t>(got) : 0);
  return got;
}

}  // namespace

void TakeOverDevice(fuse_session* session) {
  const fuse_custom_io io{Send, Receive, nullptr, nullptr};
  // The descriptor is the one that it has. Without memory libfuse goes on, and the kernel does what it would have done.
  fuse_session_custom_io(session, &io, fuse_session_fd(session));
}

}  // namespace sherin::fuse
