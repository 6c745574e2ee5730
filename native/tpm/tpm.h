#pragma once
#include <napi.h>

namespace sherin {

/** Defines the class Tpm of native/tpm.ts for this environment and sets exports.Tpm. */
void InitTpm(Napi::Env env, Napi::Object exports);

}  // namespace sherin
