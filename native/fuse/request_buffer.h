#pragma once
#include "libfuse.h"

namespace sherin::fuse {

/**
 * Where a thread receives requests. Those that write carry bytes of the user: they stay out of core dumps and are wiped as soon as
 * the request was handed on. libfuse allocates the memory, in the size that it knows.
 */
class RequestBuffer {
 public:
  RequestBuffer() = default;
  ~RequestBuffer();
  RequestBuffer(const RequestBuffer&) = delete;
  RequestBuffer& operator=(const RequestBuffer&) = delete;

  /** As fuse_session_receive_buf. */
  int Receive(fuse_session* session);
  /** Has the request handled, and wipes it. */
  void Process(fuse_session* session);

 private:
  void Advise(int advice) const;

  fuse_buf buffer_{};
  void* advised_ = nullptr;
};

}  // namespace sherin::fuse
