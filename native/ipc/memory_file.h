#pragma once
#include <cstdint>
#include <string>

#include "fd.h"

namespace sherin::ipc {

/**
 * An anonymous file in memory (memfd_create(2)), close-on-exec and never executable. With a size above 0 it has that
 * many bytes and can neither grow nor shrink. @throws SocketError
 */
Fd NewMemoryFile(const std::string& name, int64_t size);

/** Keeps the content of a memory file as it is from now on (F_SEAL_WRITE); nothing may have it mapped to write. @throws SocketError */
void SealMemoryFile(int fd);

}  // namespace sherin::ipc
