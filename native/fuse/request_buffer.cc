#include "request_buffer.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

namespace sherin::fuse {

RequestBuffer::~RequestBuffer() {
  Advise(MADV_DODUMP);  // malloc may give the memory to anyone
  free(buffer_.mem);
}

int RequestBuffer::Receive(fuse_session* session) {
  const int got = fuse_session_receive_buf(session, &buffer_);
  if (buffer_.mem != advised_) {
    advised_ = buffer_.mem;
    Advise(MADV_DONTDUMP);
  }
  return got;
}

void RequestBuffer::Process(fuse_session* session) {
  const size_t size = buffer_.size;
  fuse_session_process_buf(session, &buffer_);
  explicit_bzero(buffer_.mem, size);
}

/** The pages that are wholly its own: all but the ends, which malloc shares with others. */
void RequestBuffer::Advise(int advice) const {
  if (advised_ == nullptr) return;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(advised_);
  const uintptr_t first = (start + page - 1) / page * page, end = (start + malloc_usable_size(advised_)) / page * page;
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, advice);
}

}  // namespace sherin::fuse
