#include "device_io.h"

#include <errno.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "couriers.h"
#include "hello.h"
#include "kill_priv.h"
#include "session.h"

namespace sherin::fuse {
namespace {

thread_local Received received;

bool IsBrief(uint32_t opcode) {
  switch (opcode) {
    case FUSE_LOOKUP:
    case FUSE_GETATTR:
    case FUSE_SETATTR:
    case FUSE_MKNOD:
    case FUSE_MKDIR:
    case FUSE_SYMLINK:
    case FUSE_LINK:
    case FUSE_UNLINK:
    case FUSE_RMDIR:
    case FUSE_RENAME:
    case FUSE_RENAME2:
    case FUSE_OPEN:
    case FUSE_CREATE:
    case FUSE_WRITE:
    case FUSE_FLUSH:
    case FUSE_FSYNC:
    case FUSE_FSYNCDIR:
    case FUSE_SETXATTR:
    case FUSE_REMOVEXATTR:
    case FUSE_FALLOCATE:
    case FUSE_LSEEK:
    case FUSE_STATFS:
      return true;
    default:
      return false;
  }
}

Received ReceivedIn(const void* request, ssize_t size) {
  fuse_in_header header;
  if (size < static_cast<ssize_t>(sizeof header)) return {};
  memcpy(&header, request, sizeof header);
  return {header.unique, IsBrief(header.opcode), header.opcode == FUSE_INIT};
}

ssize_t Send(int device, iovec* parts, int count, void* session) {
  const bool hello = CompleteHello(parts, count);
  if (Withheld(parts, count)) return static_cast<ssize_t>(AnswerSize(parts, count));
  if (hello) static_cast<Session*>(session)->Answered(parts, count);
  fuse_out_header header;
  if (parts[0].iov_len == sizeof header) {
    memcpy(&header, parts[0].iov_base, sizeof header);
    if (static_cast<Session*>(session)->couriers().Answer(header.unique, parts, count)) return header.len;
  }
  return writev(device, parts, count);
}

ssize_t Receive(int device, void* bytes, size_t size, void* session) {
  const ssize_t got = read(device, bytes, size);
  if (got < 0 && errno == ECONNABORTED) errno = ENODEV;  // libfuse takes only that for the end of the mount
  NotePrivileges(bytes, got > 0 ? static_cast<size_t>(got) : 0);
  received = ReceivedIn(bytes, got);
  if (received.hello) static_cast<Session*>(session)->Greeted(static_cast<const uint8_t*>(bytes), static_cast<size_t>(got));
  return got;
}

}  // namespace

bool TakeOverDevice(fuse_session* session, int device) {
  const fuse_custom_io io{Send, Receive, nullptr, nullptr};
  return fuse_session_custom_io(session, &io, device) == 0;
}

const Received& LastReceived() { return received; }

void SendNow(fuse_session* session, const void* answer, size_t size) {
  // Whoever does not wait any more does not hear of it.
  if (write(fuse_session_fd(session), answer, size) < 0) return;
}

}  // namespace sherin::fuse
