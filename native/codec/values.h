#pragma once
#include <napi.h>

#include "cube_source.h"
#include "layout.h"
#include "outcome.h"

namespace sherin {

/** JavaScript shapes of the codec's types (native/index.ts). */

CubeRef CubeRefOf(const Napi::Value& value);
Napi::Object ValueOf(Napi::Env env, const CubeRef& cube);
/** CubeResult. */
Napi::Value ValueOf(Napi::Env env, const Outcome& outcome);
Hash HashOf(const Napi::Value& value, const char* name);
/** A range of a cube, not empty. @throws Napi::RangeError beyond the cube */
Range RangeOf(const CubeRef& cube, const Napi::Value& offset, const Napi::Value& length);

}  // namespace sherin
