#pragma once
#include <napi.h>

#include <string>

namespace sherin::ipc {

/** `ENOSPC` for 28 and so on. */
std::string ErrnoName(int error);

/** An Error as Node makes them: `code` is the errno's name, `syscall` the call. */
Napi::Error SystemError(Napi::Env env, int error, const char* syscall);

/** Hands an exception that left a callback to process.on('uncaughtException'), as Node does with its own events. */
void Uncaught(const Napi::Error& error) noexcept;

}  // namespace sherin::ipc
