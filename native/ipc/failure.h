#pragma once
#include <napi.h>

#include <initializer_list>
#include <string>

namespace sherin::ipc {

/** `ENOSPC` for 28 and so on. */
std::string ErrnoName(int error);

/** An Error as Node makes them: `code` is the errno's name, `syscall` the call. */
Napi::Error SystemError(Napi::Env env, int error, const char* syscall);

/** Hands an exception that left a callback to process.on('uncaughtException'), as Node does with its own events. */
void Uncaught(const Napi::Error& error) noexcept;

/**
 * Calls a JavaScript function from the event loop; what it throws is an uncaught exception, and the result is empty then.
 * Not by way of Napi::Function: that makes a Napi::Error of the exception by which a worker thread is terminated,
 * and dies of it.
 */
Napi::Value Call(const Napi::AsyncContext& context, const Napi::Value& receiver, const Napi::Value& function,
                 std::initializer_list<napi_value> arguments);

}  // namespace sherin::ipc
