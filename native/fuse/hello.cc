#include "hello.h"

#include <utility>

#include "../failure.h"

namespace sherin::fuse {
namespace {

/** Where an answer of this thread goes instead of to the kernel. */
thread_local std::vector<uint8_t>* withheld = nullptr;

}  // namespace

void RepeatHello(fuse_session* session, const Hello& hello) {
  std::vector<uint8_t> request = hello.request, answer;
  fuse_buf buffer{};
  buffer.mem = request.data();
  buffer.size = request.size();
  withheld = &answer;
  fuse_session_process_buf(session, &buffer);
  withheld = nullptr;
  if (answer != hello.answer) throw Failure("EPROTO", "the kernel was told other parameters of the mount");
}

bool Withheld(const iovec* parts, int count) {
  if (withheld == nullptr) return false;
  for (int i = 0; i < count; ++i) {
    const auto* const bytes = static_cast<const uint8_t*>(parts[i].iov_base);
    withheld->insert(withheld->end(), bytes, bytes + parts[i].iov_len);
  }
  return true;
}

}  // namespace sherin::fuse
