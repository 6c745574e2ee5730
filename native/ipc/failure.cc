#include "failure.h"

#include <uv.h>

#include <cstring>

namespace sherin::ipc {

std::string ErrnoName(int error) {
  char name[64];
  uv_err_name_r(-error, name, sizeof name);
  return name;
}

Napi::Error SystemError(Napi::Env env, int error, const char* syscall) {
  char words[128];
  uv_strerror_r(-error, words, sizeof words);
  const std::string name = ErrnoName(error);
  Napi::Error failure = Napi::Error::New(env, name + ": " + words + ", " + syscall);
  failure.Set("code", Napi::String::New(env, name));
  failure.Set("errno", Napi::Number::New(env, -error));
  failure.Set("syscall", Napi::String::New(env, syscall));
  return failure;
}

void Uncaught(const Napi::Error& error) noexcept {
  try {
    napi_fatal_exception(error.Env(), error.Value());
  } catch (const Napi::Error&) {
    // The environment is ending and has no value for it.
  }
}

}  // namespace sherin::ipc
