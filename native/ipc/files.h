#pragma once
#include <napi.h>

namespace sherin {

/** Sets what Node's own fs lacks: extended attributes, times in nanoseconds, FIFOs and sockets. */
void InitFiles(Napi::Env env, Napi::Object exports);

}  // namespace sherin
