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

Napi::Value Call(const Napi::AsyncContext& context, const Napi::Value& receiver, const Napi::Value& function,
                 std::initializer_list<napi_value> arguments) {
  const napi_env env = function.Env();
  napi_value result = nullptr;
  if (napi_make_callback(env, context, receiver, function, arguments.size(), arguments.begin(), &result) == napi_ok) {
    return {env, result};
  }
  napi_value exception = nullptr;
  if (napi_get_and_clear_last_exception(env, &exception) == napi_ok) napi_fatal_exception(env, exception);
  return {};
}

}  // namespace sherin::ipc
