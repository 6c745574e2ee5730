#pragma once
#include <cstdint>

#include "libfuse.h"

namespace sherin::fuse {

/**
 * Has requests received and answers sent by us instead of libfuse, for what it does not know: privileges (kill_priv.h) and who sends
 * an answer (couriers.h). After the mount, before a thread serves; the data of the session is a Session.
 */
void TakeOverDevice(fuse_session* session);

/** The request that this thread has received last. */
struct Received {
  /** The kernel's number. */
  uint64_t number = 0;
  /** JavaScript is asked, and its answer is short and without content. */
  bool brief = false;
};
const Received& LastReceived();

/** Sends what was to be sent later. */
void SendNow(fuse_session* session, const void* answer, size_t size);

}  // namespace sherin::fuse
