#include "carried_values.h"

#include <string.h>

#include "../arguments.h"

namespace sherin {
namespace {

constexpr size_t kIdentityBytes = 6 * 32;
constexpr size_t kFormerBytes = 3 * 32;

uint32_t EpochOf(const Napi::Value& value, uint64_t least, uint64_t most) {
  return static_cast<uint32_t>(NumberOf(value, "epoch", least, most));
}

}  // namespace

SealedKeys SealedKeysOf(const Napi::Value& value, size_t size) {
  const Bytes nonce = BytesOf(Member(value, "nonce"), "wrapped.nonce", 12);
  const Bytes ciphertext = BytesOf(Member(value, "ciphertext"), "wrapped.ciphertext", size);
  const Bytes tag = BytesOf(Member(value, "tag"), "wrapped.tag", 16);
  SealedKeys sealed{{}, std::vector<uint8_t>(ciphertext.data, ciphertext.data + ciphertext.size)};
  memcpy(sealed.nonce.bytes, nonce.data, nonce.size);
  memcpy(sealed.tag, tag.data, tag.size);
  return sealed;
}

Napi::Object ValueOf(Napi::Env env, const SealedKeys& sealed) {
  auto value = Napi::Object::New(env);
  value.Set("nonce", BufferOf(env, sealed.nonce.bytes, sizeof sealed.nonce.bytes));
  value.Set("ciphertext", BufferOf(env, sealed.ciphertext.data(), sealed.ciphertext.size()));
  value.Set("tag", BufferOf(env, sealed.tag, sizeof sealed.tag));
  return value;
}

CarriedKeys CarriedKeysOf(const Napi::Value& value) {
  CarriedKeys carried;
  if (value.IsUndefined()) return carried;
  carried.epoch = EpochOf(Member(value, "epoch"), 0, UINT16_MAX);
  const Napi::Value identity = Member(value, "identity");
  if (identity.IsNull() != (carried.epoch == 0))
    throw Napi::RangeError::New(value.Env(), "identity belongs to every epoch but the first");
  if (!identity.IsNull()) carried.identity = SealedKeysOf(identity, kIdentityBytes);
  const Napi::Value former = Member(value, "former");
  if (!former.IsArray()) throw Napi::TypeError::New(value.Env(), "former must be an array");
  const auto list = former.As<Napi::Array>();
  uint64_t least = 0;
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value each = list.Get(i);
    const Napi::Value epoch = Member(each, "epoch");
    if (carried.epoch == 0 || least >= carried.epoch)
      throw Napi::RangeError::New(value.Env(), "former epochs ascend below the present one");
    carried.former.push_back({EpochOf(epoch, least, carried.epoch - 1), SealedKeysOf(Member(each, "wrapped"), kFormerBytes)});
    least = uint64_t{carried.former.back().epoch} + 1;
  }
  return carried;
}

Napi::Object ValueOf(Napi::Env env, const CarriedKeys& carried) {
  auto value = Napi::Object::New(env);
  value.Set("epoch", Napi::Number::New(env, carried.epoch));
  value.Set("identity", carried.identity ? Napi::Value(ValueOf(env, *carried.identity)) : env.Null());
  auto former = Napi::Array::New(env, carried.former.size());
  uint32_t at = 0;
  for (const SealedEpoch& each : carried.former) {
    auto entry = Napi::Object::New(env);
    entry.Set("epoch", Napi::Number::New(env, each.epoch));
    entry.Set("wrapped", ValueOf(env, each.sealed));
    former.Set(at++, entry);
  }
  value.Set("former", former);
  return value;
}

}  // namespace sherin
