#include "keyring.h"

#include <string.h>

#include <algorithm>
#include <string>
#include <vector>

#include "../arguments.h"
#include "../audit/record_lines.h"
#include "../crypto/random.h"
#include "../environment.h"
#include "../error.h"
#include "carried_values.h"
#include "handle.h"
#include "secret.h"

namespace sherin {
namespace {

constexpr napi_type_tag kKeyringTag = {0x5e9c1d3a77f04b62, 0x9d0b7e6a41c25f83};

std::shared_ptr<LockedBytes> SlotKeyOf(const Napi::Value& value) {
  auto key = Secret::Get(value);
  if (key->size() != 32) throw Napi::RangeError::New(value.Env(), "slotKey must have 32 bytes");
  return key;
}

Purpose MacPurposeOf(const Napi::Value& value) {
  const std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name == "object-id") return Purpose::ObjectId;
  if (name == "cube-id") return Purpose::CubeId;
  if (name == "audit") return Purpose::Audit;
  if (name == "token") return Purpose::Token;
  throw Napi::TypeError::New(value.Env(), "purpose must be object-id, cube-id, audit or token");
}

LogEnd LogEndOf(const Napi::Value& value) {
  LogEnd end{NumberOf(Member(value, "size"), "size", 0, (uint64_t{1} << 53) - 1), {}, {}};
  memcpy(end.prev.data(), BytesOf(Member(value, "prev"), "prev", end.prev.size()).data, end.prev.size());
  const Bytes subtrees = BytesOf(Member(value, "subtrees"), "subtrees");
  if (subtrees.size % sizeof(Hash) != 0) throw Napi::RangeError::New(value.Env(), "subtrees");
  for (size_t at = 0; at < subtrees.size; at += sizeof(Hash)) {
    memcpy(end.subtrees.emplace_back().data(), subtrees.data + at, sizeof(Hash));
  }
  return end;
}

Napi::Object LogEndValue(Napi::Env env, const LogEnd& end) {
  auto value = Napi::Object::New(env);
  value.Set("size", Napi::Number::New(env, static_cast<double>(end.size)));
  value.Set("prev", BufferOf(env, end.prev.data(), end.prev.size()));
  value.Set("subtrees", BufferOf(env, reinterpret_cast<const uint8_t*>(end.subtrees.data()),
                                 end.subtrees.size() * sizeof(Hash)));
  return value;
}

Napi::Value GenerateKeys(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Uuid uuid = UuidOf(info[0]);
    LockedBytes vmk(32);
    Random(vmk.data(), vmk.size());
    auto keys = std::make_shared<KeySet>(std::move(vmk), uuid);
    return NewHandle(Environment::Of(info.Env()).keyring, keys);
  });
}

Napi::Value UnwrapKeys(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Uuid uuid = UuidOf(info[0]);
    const auto slot_key = SlotKeyOf(info[1]);
    const Bytes aad = BytesOf(info[2], "aad");
    const SealedKeys wrapped = SealedKeysOf(info[3], 32);
    LockedBytes vmk(32);
    if (!Gcm(Gcm::Direction::Open, slot_key->bytes())
             .Open(wrapped.nonce, aad, wrapped.ciphertext.data(), 32, vmk.data(), wrapped.tag)) {
      throw Failure("ETAG", "the slot key does not open the master key");
    }
    auto keys = std::make_shared<KeySet>(std::move(vmk), uuid, CarriedKeysOf(info[4]));
    return NewHandle(Environment::Of(info.Env()).keyring, keys);
  });
}

/** (uuid, fd, carried) */
Napi::Value ReceiveKeys(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Uuid uuid = UuidOf(info[0]);
    const int fd = DescriptorOf(info[1], "fd");
    auto keys = std::make_shared<KeySet>(HandedKey::Take(fd, 32), uuid, CarriedKeysOf(info[2]));
    return NewHandle(Environment::Of(info.Env()).keyring, keys);
  });
}

}  // namespace

void Keyring::Init(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor =
      DefineClass(env, "Keyring",
                  {
                      StaticMethod("generate", GenerateKeys),
                      StaticMethod("unwrap", UnwrapKeys),
                      StaticMethod("receive", ReceiveKeys),
                      InstanceMethod<&Keyring::PublicKey>("publicKey"),
                      InstanceMethod<&Keyring::Sign>("sign"),
                      InstanceMethod<&Keyring::Hmac>("hmac"),
                      InstanceMethod<&Keyring::Hmacs>("hmacs"),
                      InstanceMethod<&Keyring::ChainRecords>("chainRecords"),
                      InstanceMethod<&Keyring::SealFrame>("sealFrame"),
                      InstanceMethod<&Keyring::OpenFrame>("openFrame"),
                      InstanceMethod<&Keyring::Wrap>("wrap"),
                      InstanceMethod<&Keyring::ManifestKey>("manifestKey"),
                      InstanceMethod<&Keyring::FormerEpochs>("formerEpochs"),
                      InstanceMethod<&Keyring::Successor>("successor"),
                      InstanceMethod<&Keyring::Carried>("carried"),
                      InstanceMethod<&Keyring::TakeOver>("takeOver"),
                      InstanceMethod<&Keyring::Forget>("forget"),
                      InstanceMethod<&Keyring::CounterAuth>("counterAuth"),
                      InstanceMethod<&Keyring::HandOver>("handOver"),
                      InstanceMethod<&Keyring::TakeBack>("takeBack"),
                      InstanceMethod<&Keyring::Wipe>("wipe"),
                  });
  DefineGetter<Keyring::Wiped>(constructor, "wiped");
  DefineGetter<Keyring::Epoch>(constructor, "epoch");
  Environment::Of(env).keyring = Napi::Persistent(constructor);
  exports.Set("Keyring", constructor);
}

std::shared_ptr<KeySet> Keyring::Get(const Napi::Value& value) {
  Keyring& self = Unwrapped<Keyring>(value, kKeyringTag, "Keyring");
  if (self.keys_->wiped()) throw NativeError(value.Env(), "EWIPED", "the keyring was wiped");
  return self.keys_;
}

Keyring::Keyring(const Napi::CallbackInfo& info) : ObjectWrap(info), keys_(TakeHandle<KeySet>(info, "Keyring")) {
  info.This().As<Napi::Object>().TypeTag(&kKeyringTag);
}

Napi::Value Keyring::Wiped(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), Unwrapped<Keyring>(info.This(), kKeyringTag, "Keyring").keys_->wiped());
}

Napi::Value Keyring::PublicKey(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    uint8_t out[32];
    keys_->PublicKey(out);
    return BufferOf(info.Env(), out, sizeof out);
  });
}

Napi::Value Keyring::Sign(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    uint8_t signature[64];
    keys_->Sign(BytesOf(info[0], "message"), signature);
    return BufferOf(info.Env(), signature, sizeof signature);
  });
}

Napi::Value Keyring::Hmac(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Purpose purpose = MacPurposeOf(info[0]);
    uint8_t mac[32];
    keys_->Hmac(purpose, {BytesOf(info[1], "data")}, mac);
    return BufferOf(info.Env(), mac, sizeof mac);
  });
}

/** (purpose, messages) */
Napi::Value Keyring::Hmacs(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Purpose purpose = MacPurposeOf(info[0]);
    if (!info[1].IsArray()) throw Napi::TypeError::New(info.Env(), "messages must be an array");
    const auto array = info[1].As<Napi::Array>();
    std::vector<Bytes> messages;
    for (uint32_t i = 0; i < array.Length(); ++i) {
      const Napi::HandleScope scope(info.Env());
      messages.push_back(BytesOf(array.Get(i), "message"));
    }
    std::vector<uint8_t> macs(messages.size() * 32);
    keys_->WithHmac(purpose, [&](HmacKey& key) {
      for (size_t i = 0; i < messages.size(); ++i) key.Authenticate({messages[i]}, macs.data() + i * 32);
    });
    return BufferOf(info.Env(), macs.data(), macs.size());
  });
}

/** (parts, ts, end) */
Napi::Value Keyring::ChainRecords(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Bytes parts = BytesOf(info[0], "parts");
    if (!info[1].IsString()) throw Napi::TypeError::New(info.Env(), "ts must be a string");
    LogEnd end = LogEndOf(info[2]);
    const std::string lines = sherin::ChainRecords(*keys_, parts, info[1].As<Napi::String>().Utf8Value(), end);
    auto result = Napi::Object::New(info.Env());
    result.Set("lines", BufferOf(info.Env(), reinterpret_cast<const uint8_t*>(lines.data()), lines.size()));
    result.Set("end", LogEndValue(info.Env(), end));
    return result;
  });
}

namespace {

constexpr uint64_t kMostNumber = (uint64_t{1} << 53) - 1;
constexpr size_t kGcmTag = 16;

/** Where a frame of the journal stands: `{ salt, segment, index }` and what it is bound to. */
struct FramePlace {
  Bytes salt;
  uint64_t segment;
  Nonce nonce;
  Bytes aad;
};

FramePlace FramePlaceOf(const Napi::Value& place, const Napi::Value& aad) {
  const Bytes salt = BytesOf(Member(place, "salt"), "salt", 32);
  const uint64_t segment = NumberOf(Member(place, "segment"), "segment", 0, kMostNumber);
  const auto index = static_cast<uint32_t>(NumberOf(Member(place, "index"), "index", 0, UINT32_MAX));
  return {salt, segment, Nonce::Of(index), BytesOf(aad, "aad")};
}

}  // namespace

/** (place, aad, data, out): `out` has 16 bytes more than `data`, for the tag. */
Napi::Value Keyring::SealFrame(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const FramePlace place = FramePlaceOf(info[0], info[1]);
    const Bytes data = BytesOf(info[2], "data");
    const Bytes out = BytesOf(info[3], "out", data.size + kGcmTag);
    auto* const to = const_cast<uint8_t*>(out.data);
    const LockedBytes key = keys_->JournalKey(place.salt.data, place.segment);
    Gcm(Gcm::Direction::Seal, key.bytes()).Seal(place.nonce, place.aad, data.data, data.size, to, to + data.size);
    return info.Env().Undefined();
  });
}

/** (place, aad, sealed, out): false, and `out` zeroed, where the tag matches under the key of no epoch. */
Napi::Value Keyring::OpenFrame(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const FramePlace place = FramePlaceOf(info[0], info[1]);
    const Bytes sealed = BytesOf(info[2], "sealed");
    if (sealed.size < kGcmTag) throw Napi::RangeError::New(info.Env(), "sealed has no tag");
    const size_t size = sealed.size - kGcmTag;
    const Bytes out = BytesOf(info[3], "out", size);
    auto* const to = const_cast<uint8_t*>(out.data);
    const std::vector<LockedBytes> keys = keys_->JournalKeys(place.salt.data, place.segment);
    const bool whole = std::any_of(keys.begin(), keys.end(), [&](const LockedBytes& key) {
      return Gcm(Gcm::Direction::Open, key.bytes())
          .Open(place.nonce, place.aad, sealed.data, size, to, sealed.data + size);
    });
    return Napi::Boolean::New(info.Env(), whole);
  });
}

Napi::Value Keyring::Wrap(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto slot_key = SlotKeyOf(info[0]);
    const Bytes aad = BytesOf(info[1], "aad");
    Nonce nonce;
    Random(nonce.bytes, sizeof nonce.bytes);
    SealedKeys wrapped{nonce, std::vector<uint8_t>(32)};
    keys_->Wrap(slot_key->bytes(), nonce, aad, wrapped.ciphertext.data(), wrapped.tag);
    return ValueOf(info.Env(), wrapped);
  });
}

Napi::Value Keyring::ManifestKey(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Bytes page = info[0].IsUndefined() ? Bytes{} : BytesOf(info[0], "page");
    const LockedBytes key = keys_->ManifestKeyOf(page);
    return BufferOf(info.Env(), key.data(), key.size());
  });
}

Napi::Value Keyring::Epoch(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    return Napi::Number::New(info.Env(), Unwrapped<Keyring>(info.This(), kKeyringTag, "Keyring").keys_->Epoch());
  });
}

Napi::Value Keyring::FormerEpochs(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    auto list = Napi::Array::New(info.Env());
    uint32_t at = 0;
    for (const uint32_t epoch : keys_->FormerEpochs()) list.Set(at++, Napi::Number::New(info.Env(), epoch));
    return list;
  });
}

Napi::Value Keyring::Successor(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    auto next = keys_->Successor();
    return NewHandle(Environment::Of(info.Env()).keyring, next);
  });
}

Napi::Value Keyring::Carried(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return ValueOf(info.Env(), keys_->Carried()); });
}

void Keyring::TakeOver(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { keys_->TakeOver(*Keyring::Get(info[0])); });
}

void Keyring::Forget(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { keys_->Forget(static_cast<uint32_t>(NumberOf(info[0], "epoch", 0, UINT16_MAX))); });
}

Napi::Value Keyring::CounterAuth(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    auto key = std::make_shared<LockedBytes>(keys_->Copy(Purpose::Nv));
    size_t size = key->size();
    while (size > 0 && key->data()[size - 1] == 0) --size;  // TPM 2.0 Part 1, 19.6.4.3
    key->truncate(size);
    return Secret::New(info.Env(), key);
  });
}

/** The descriptor stays the keyring's. */
Napi::Value Keyring::HandOver(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (handed_ == nullptr) handed_ = std::make_unique<HandedKey>(keys_->Master());
    return Napi::Number::New(info.Env(), handed_->fd());
  });
}

void Keyring::TakeBack(const Napi::CallbackInfo&) { handed_.reset(); }

void Keyring::Wipe(const Napi::CallbackInfo&) {
  handed_.reset();
  keys_->Wipe();
}

}  // namespace sherin
