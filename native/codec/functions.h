#pragma once
#include <napi.h>

namespace sherin {

/** Sets encodeBuffer, scrubCube, checkCubeHeader, rootOfBlocks of native/index.ts. */
void InitCodec(Napi::Env env, Napi::Object exports);

}  // namespace sherin
