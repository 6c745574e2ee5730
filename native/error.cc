#include "error.h"

#include <uv.h>

namespace sherin {

Failure::Failure(std::string code, const std::string& message, std::optional<uint32_t> tpm,
                 std::optional<std::string> syscall)
    : std::runtime_error(message), code_(std::move(code)), tpm_(tpm), syscall_(std::move(syscall)) {}

Failure Failure::Errno(int error, const char* syscall) {
  const std::string name = ErrnoName(error);
  return Failure(name, std::string(syscall) + ": " + name, std::nullopt, syscall);
}

std::string ErrnoName(int error) {
  char name[64];
  uv_err_name_r(-error, name, sizeof name);
  return name;
}

Napi::Error NativeError(Napi::Env env, const std::string& code, const std::string& message,
                        std::optional<uint32_t> tpm, std::optional<std::string> syscall) {
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code));
  if (tpm) error.Set("tpm", Napi::Number::New(env, *tpm));
  if (syscall) error.Set("syscall", Napi::String::New(env, *syscall));
  return error;
}

Napi::Error NativeError(Napi::Env env, const Failure& failure) {
  return NativeError(env, failure.code(), failure.what(), failure.tpm(), failure.syscall());
}

}  // namespace sherin
