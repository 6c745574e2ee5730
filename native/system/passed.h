#pragma once
#include <napi.h>

namespace sherin {

/** Functions of `system` for descriptors that another process has passed to this one. */
void InitPassed(Napi::Object system);

}  // namespace sherin
