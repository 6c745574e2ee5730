#include "error.h"

namespace sherin {

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
