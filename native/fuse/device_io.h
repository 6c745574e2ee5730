#pragma once
#include "libfuse.h"

namespace sherin::fuse {

/**
 * Has requests received and answers sent by us instead of libfuse, for what it does not know: privileges (kill_priv.h) and the second
 * descriptor of the connection (second_device.h). After the mount, before a thread serves; the data of the session is a Session.
 */
void TakeOverDevice(fuse_session* session);

}  // namespace sherin::fuse
