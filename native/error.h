#pragma once
#include <napi.h>

#include <cstdint>
#include <optional>
#include <string>

#include "failure.h"

namespace sherin {

/** An Error with `code` and, where given, `tpm` and `syscall`. Main thread of its environment only. */
Napi::Error NativeError(Napi::Env env, const std::string& code, const std::string& message,
                        std::optional<uint32_t> tpm = std::nullopt,
                        std::optional<std::string> syscall = std::nullopt);
Napi::Error NativeError(Napi::Env env, const Failure& failure);

/** Runs `body` of an N-API function; a Failure becomes a thrown NativeError, any other C++ exception an EIO one. */
template <typename Body>
auto Guarded(Napi::Env env, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const Failure& failure) {
    throw NativeError(env, failure);
  } catch (const std::bad_alloc&) {
    throw NativeError(env, "ENOMEM", "no memory");
  } catch (const std::exception& error) {
    throw NativeError(env, "EIO", error.what());
  }
}

}  // namespace sherin
