#include "kill_priv.h"

#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <utility>

namespace sherin::fuse {
namespace {

thread_local bool answers_hello = false;

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

ssize_t Receive(int device, void* bytes, size_t size, void*) { return read(device, bytes, size); }

}  // namespace

void TakeOverKillPriv(fuse_session* session) {
  const fuse_custom_io io{Send, Receive, nullptr, nullptr};
  // The descriptor is the one that it has. Without memory the kernel does what it would have done.
  fuse_session_custom_io(session, &io, fuse_session_fd(session));
}

void AnswersHello() { answers_hello = true; }

}  // namespace sherin::fuse
