#pragma once
#include <cstddef>

#include "fd.h"

namespace sherin::ipc {

/**
 * A memory file of a fixed size for a secret on its way to another process: until it is closed by CloseSecretFile, this process has it in
 * locked memory, so that the kernel swaps none of it. @throws SocketError
 */
Fd NewSecretFile(size_t size);

/** Closes one; any other descriptor, too. @throws SocketError of close */
void CloseSecretFile(int fd);

}  // namespace sherin::ipc
