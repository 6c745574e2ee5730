#include "functions.h"

#include <string.h>

#include <memory>
#include <string>
#include <vector>

#include "../arguments.h"
#include "../environment.h"
#include "../error.h"
#include "../keys/keyring.h"
#include "../work/promise.h"
#include "encode.h"
#include "encode_values.h"
#include "header.h"
#include "merkle.h"
#include "reader.h"
#include "reencrypt.h"
#include "scrub.h"
#include "values.h"
#include "written_slot.h"
#include "written_slot_values.h"

namespace sherin {
namespace {

Napi::Value EncodeBuffer(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Bytes data = BytesOf(info[0], "data");
    if (data.size < 1 || data.size > kCube) throw Napi::RangeError::New(info.Env(), "data must have 1 to 1048576 bytes");
    const EncodeSettings settings = SettingsOf(info[1]);
    Environment& environment = Environment::Of(info.Env());
    std::vector<Napi::ObjectReference> keep;
    keep.push_back(Napi::Persistent(info[0].As<Napi::Object>()));
    return RunAsync(
        info.Env(), environment.completions(), environment.codec(),
        [data, settings] { return EncodeBytes(data, settings); },
        [](Napi::Env env, const Encoded& encoded) { return ValueOf(env, encoded); }, std::move(keep));
  });
}

Napi::Value EncodeSlot(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const std::shared_ptr<CubeSource> source = CubeReader::SourceOf(info[0]);
    const size_t length = NumberOf(info[2], "length", 1, kCube);
    const std::vector<SlotVertex> vertices = SlotVerticesOf(info[1], length);
    const EncodeSettings settings = SettingsOf(info[3]);
    Environment& environment = Environment::Of(info.Env());
    std::vector<Napi::ObjectReference> keep;
    keep.push_back(Napi::Persistent(info[1].As<Napi::Object>()));
    return RunAsync(
        info.Env(), environment.completions(), environment.codec(),
        [source, activity = source->Enter(), vertices, length, settings] {
          return EncodeWritten(*source, vertices, length, settings);
        },
        [](Napi::Env env, const EncodedSlot& slot) { return ValueOf(env, slot); }, std::move(keep));
  });
}

Napi::Value ScrubCube(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const int vault = DescriptorOf(info[0], "vaultFd");
    const Hash id = HashOf(info[1], "id");
    const Uuid uuid = UuidOf(info[2]);
    std::shared_ptr<const Hash> key;
    if (!info[3].IsNull()) key = std::make_shared<const Hash>(HashOf(info[3], "publicKey"));
    Environment& environment = Environment::Of(info.Env());
    return RunAsync(
        info.Env(), environment.completions(), environment.codec(),
        [vault, id, uuid, key] { return Scrub(vault, id, uuid.data(), key ? key->data() : nullptr); },
        [](Napi::Env env, const Outcome& outcome) { return ValueOf(env, outcome); });
  });
}

/** (vaultFd, id, uuid, keyring) */
Napi::Value ReencryptCube(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const int vault = DescriptorOf(info[0], "vaultFd");
    const Hash id = HashOf(info[1], "id");
    const Uuid uuid = UuidOf(info[2]);
    const std::shared_ptr<KeySet> keys = Keyring::Get(info[3]);
    Environment& environment = Environment::Of(info.Env());
    return RunAsync(
        info.Env(), environment.completions(), environment.codec(),
        [vault, id, uuid, keys] { return Reencrypt(vault, id, uuid, keys); },
        [](Napi::Env env, const Reencrypted& done) {
          Napi::Value value = ValueOf(env, done.outcome);
          if (!done.outcome.ok()) return value;
          auto result = value.As<Napi::Object>();
          result.Set("temporary", done.temporary.empty() ? env.Null() : Napi::String::New(env, done.temporary));
          result.Set("stored", Napi::Number::New(env, static_cast<double>(done.stored)));
          return value;
        });
  });
}

Napi::Value CheckCubeHeader(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Bytes header = BytesOf(info[0], "header", kHeader);
    const Bytes id = BytesOf(info[1], "id", sizeof(Hash));
    const uint64_t size = NumberOf(info[2], "fileSize", 0, (uint64_t{1} << 53) - 1);
    const char* const broken = CheckShape(header.data, id.data, size);
    return broken == nullptr ? info.Env().Null() : Napi::String::New(info.Env(), broken);
  });
}

Napi::Value RootOfBlocksValue(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Hash root = RootOfBlocks(BytesOf(info[0], "data"));
    return BufferOf(info.Env(), root.data(), root.size());
  });
}

/** (leaves) */
Napi::Value LeafHashesValue(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (!info[0].IsArray()) throw Napi::TypeError::New(info.Env(), "leaves must be an array");
    const auto leaves = info[0].As<Napi::Array>();
    std::vector<uint8_t> hashes;
    for (uint32_t i = 0; i < leaves.Length(); ++i) {
      const Napi::HandleScope scope(info.Env());
      const Hash hash = LeafHash(BytesOf(leaves.Get(i), "leaf"));
      hashes.insert(hashes.end(), hash.begin(), hash.end());
    }
    return BufferOf(info.Env(), hashes.data(), hashes.size());
  });
}

/** (hashes) */
Napi::Value RootOfHashesValue(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Bytes bytes = BytesOf(info[0], "hashes");
    if (bytes.size % sizeof(Hash) != 0) throw Napi::RangeError::New(info.Env(), "hashes have 32 bytes each");
    std::vector<Hash> hashes(bytes.size / sizeof(Hash));
    if (bytes.size > 0) memcpy(hashes.data(), bytes.data, bytes.size);
    const Hash root = RootOfHashes(hashes.data(), hashes.size());
    return BufferOf(info.Env(), root.data(), root.size());
  });
}

}  // namespace

void InitCodec(Napi::Env env, Napi::Object exports) {
  exports.Set("encodeBuffer", Napi::Function::New<EncodeBuffer>(env, "encodeBuffer"));
  exports.Set("encodeSlot", Napi::Function::New<EncodeSlot>(env, "encodeSlot"));
  exports.Set("reencryptCube", Napi::Function::New<ReencryptCube>(env, "reencryptCube"));
  exports.Set("scrubCube", Napi::Function::New<ScrubCube>(env, "scrubCube"));
  exports.Set("checkCubeHeader", Napi::Function::New<CheckCubeHeader>(env, "checkCubeHeader"));
  exports.Set("leafHashes", Napi::Function::New<LeafHashesValue>(env, "leafHashes"));
  exports.Set("rootOfHashes", Napi::Function::New<RootOfHashesValue>(env, "rootOfHashes"));
  exports.Set("rootOfBlocks", Napi::Function::New<RootOfBlocksValue>(env, "rootOfBlocks"));
}

}  // namespace sherin
