#pragma once
#include <sys/uio.h>

#include <cstdint>
#include <vector>

#include "libfuse.h"

namespace sherin::fuse {

/** What the kernel and a session have said to each other when the connection began (FUSE_INIT): the parameters that both go by. */
struct Hello {
  std::vector<uint8_t> request, answer;
};

/**
 * Has a session take part in a connection that another has begun: it hears the kernel's hello once more, and its answer stays here.
 * @throws Failure EPROTO where that is not the answer that the kernel was given
 */
void RepeatHello(fuse_session* session, const Hello& hello);

/** Keeps an answer of this thread from the kernel while a hello is repeated. False: it is to be sent. */
bool Withheld(const iovec* parts, int count);

}  // namespace sherin::fuse
