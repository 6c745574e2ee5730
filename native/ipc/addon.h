#pragma once
#include <napi.h>

#include <string>

namespace sherin::ipc {

/** What the addon keeps per Node environment. */
struct Addon {
  Napi::FunctionReference connection;
  Napi::FunctionReference server;
  Napi::FunctionReference datagrams;
  Napi::FunctionReference generation;
  Napi::FunctionReference generation_view;

  static Addon& Of(Napi::Env env) { return *env.GetInstanceData<Addon>(); }
};

/** A path without zero byte. @throws Napi::TypeError */
std::string PathOf(const Napi::Value& value);

}  // namespace sherin::ipc
