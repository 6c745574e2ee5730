#pragma once
#include "libfuse.h"

namespace sherin::fuse {

/**
 * Tells the kernel that writing, truncating and giving away a file drops its setuid and setgid bits and its capabilities without
 * the kernel's doing (FUSE_HANDLE_KILLPRIV_V2). Otherwise it asks for the capabilities of a file before each write and for its mode
 * before each chown(2). libfuse knows no way to say so: the answer to the kernel's hello is completed where it is sent, and requests
 * are looked at where they are received. After the mount, before a thread serves.
 */
void TakeOverKillPriv(fuse_session* session);

/** Whether the request that this thread has received last comes from one who may not keep setuid and setgid bits. */
bool DropsPrivileges();

/** The next answer of this thread is that to the kernel's hello. */
void AnswersHello();

}  // namespace sherin::fuse
