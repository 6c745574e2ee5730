#pragma once
#include <sys/uio.h>

#include <cstddef>

namespace sherin::fuse {

/*
 * Tells the kernel that writing, truncating and giving away a file drops its setuid and setgid bits and its capabilities without
 * the kernel's doing (FUSE_HANDLE_KILLPRIV_V2). Otherwise it asks for the capabilities of a file before each write and for its mode
 * before each chown(2). libfuse knows no way to say so: the answer to the kernel's hello is completed where it is sent, and requests
 * are looked at where they are received.
 */

/** The next answer of this thread is that to the kernel's hello. */
void AnswersHello();
/** Says so in an answer of this thread, where it is that one. @returns whether it is */
bool CompleteHello(const iovec* parts, int count);

/** A request that this thread has received. */
void NotePrivileges(const void* request, size_t size);
/** Whether it comes from one who may not keep setuid and setgid bits. */
bool DropsPrivileges();

}  // namespace sherin::fuse
