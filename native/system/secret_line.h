#pragma once
#include "../memory/locked.h"

namespace sherin {

/**
 * Reads a line from a terminal with echo off, with backspace and Ctrl-U. The line never passes through unlocked memory of
 * this process. @throws Failure ENOTTY; EINTR at Ctrl-C; E2BIG; errno names
 */
LockedBytes ReadSecretLine(int fd, size_t limit);

}  // namespace sherin
