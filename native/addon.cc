#include <napi.h>

#include "codec/encoder.h"
#include "codec/functions.h"
#include "codec/reader.h"
#include "environment.h"
#include "fuse/binding.h"
#include "journal/rewrites_object.h"
#include "keys/keyring.h"
#include "keys/secret.h"
#include "system/functions.h"
#include "tpm/tpm.h"
#include "work/own_threads.h"

namespace {

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  env.SetInstanceData(new sherin::Environment(env));
  sherin::Secret::Init(env, exports);
  sherin::Keyring::Init(env, exports);
  sherin::CubeReader::Init(env, exports);
  sherin::Encoder::Init(env, exports);
  sherin::OwnThreads::Init(env, exports);
  sherin::InitCodec(env, exports);
  sherin::InitSystem(env, exports);
  sherin::InitTpm(env, exports);
  sherin::RewritesObject::Init(env, exports);
  sherin::InitFuse(env, exports);
  return exports;
}

}  // namespace

NODE_API_MODULE(sherin_native, Init)
