#pragma once
#include <napi.h>

namespace sherin {

/** FuseSession of native/fuse-session.ts. */
void InitFuse(Napi::Env env, Napi::Object exports);

}  // namespace sherin
