#pragma once
#include <string>

#include "fd.h"

namespace sherin::ipc {

/** Bytes of the longest line. */
constexpr size_t kLineLimit = 1024;

/**
 * Prompts on a terminal and reads a line with echo off, blocking; Backspace and Ctrl-U edit. The line comes back in a
 * sealed secret file, without line end, positioned at 0. The terminal is restored on every way out, also by a signal that
 * ends or stops the process. @throws SocketError ENOTTY; EINTR Ctrl-C, Ctrl-\ or a signal; ENODATA Ctrl-D on an empty
 * line or a terminal that hung up; EMSGSIZE too long; of mlock
 */
Fd ReadSecretLine(int terminal, const std::string& prompt);

/**
 * What a descriptor gives up to its end, in a sealed secret file positioned at 0: a pipe is waited for here, not by the process
 * that takes the secret. @throws SocketError EMSGSIZE beyond kLineLimit bytes; of mlock; EBADF and whatever else read(2) gives
 */
Fd CopySecret(int fd);

}  // namespace sherin::ipc
