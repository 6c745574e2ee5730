#include "kill_priv.h"

#include <linux/fuse.h>
#include <string.h>

#include <cstdint>
#include <utility>

namespace sherin::fuse {
namespace {

thread_local bool answers_hello = false;
thread_local bool drops_privileges = false;

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

}  // namespace

void NotePrivileges(const void* request, size_t size) {
  drops_privileges = Drops(static_cast<const uint8_t*>(request), size);
}

bool DropsPrivileges() { return drops_privileges; }

void AnswersHello() { answers_hello = true; }

bool CompleteHello(const iovec* parts, int count) {
  // The first part is the header; of old kernels the second is shorter, and has no such flag.
  if (!std::exchange(answers_hello, false)) return false;
  if (count != 2 || parts[1].iov_len < sizeof(fuse_init_out)) return true;
  fuse_init_out hello;
  memcpy(&hello, parts[1].iov_base, sizeof hello);
  hello.flags |= FUSE_HANDLE_KILLPRIV_V2;
  memcpy(parts[1].iov_base, &hello, sizeof hello);
  return true;
}

}  // namespace sherin::fuse
