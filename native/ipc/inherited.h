#pragma once
#include <napi.h>

namespace sherin::ipc {

/** Sets what takes over sockets that a service manager has opened. */
void InitInherited(Napi::Env env, Napi::Object exports);

}  // namespace sherin::ipc
