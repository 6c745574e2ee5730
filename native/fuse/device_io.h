#pragma once
#include <cstdint>

#include "libfuse.h"

namespace sherin::fuse {

/**
 * Has requests received and answers sent by us instead of libfuse, for what it does not know: privileges (kill_priv.h) and who sends
 * an answer (couriers.h). Before a thread serves; the data of the session is a Session, `device` the connection that it is to have.
 * False without memory: libfuse goes on with the one it has, and the kernel does what it would have done.
 */
bool TakeOverDevice(fuse_session* session, int device);

/** The request that this thread has received last. */
struct Received {
  /** The kernel's number. */
  uint64_t number = 0;
  /** JavaScript is asked, and its answer is short and without content. */
  bool brief = false;
  /** The connection begins. */
  bool hello = false;
};
const Received& LastReceived();

/** Sends what was to be sent later. */
void SendNow(fuse_session* session, const void* answer, size_t size);

}  // namespace sherin::fuse
