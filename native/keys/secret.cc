#include "secret.h"

#include <openssl/crypto.h>

#include "../arguments.h"
#include "../crypto/mac.h"
#include "../crypto/random.h"
#include "../environment.h"
#include "../error.h"
#include "handle.h"
#include "read_secret.h"
#include "recovery_key.h"
#include "scrypt.h"

namespace sherin {
namespace {

constexpr napi_type_tag kTag = {0x2b61f0c94ae84d17, 0xb3a85c0e9f1d6642};
constexpr size_t kMostBytes = 4096;

Napi::Value RandomSecret(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    auto bytes = std::make_shared<LockedBytes>(NumberOf(info[0], "length", 1, kMostBytes));
    Random(bytes->data(), bytes->size());
    return Secret::New(info.Env(), bytes);
  });
}

Napi::Value Take(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Bytes source = BytesOf(info[0], "buffer");
    if (source.size > kMostBytes) throw Napi::RangeError::New(info.Env(), "buffer must have at most 4096 bytes");
    auto bytes = std::make_shared<LockedBytes>(source.data, source.size);
    OPENSSL_cleanse(const_cast<uint8_t*>(source.data), source.size);
    return Secret::New(info.Env(), bytes);
  });
}

Napi::Value ReadFd(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    const size_t limit = NumberOf(info[1], "limit", 1, kMostBytes);
    return Secret::New(info.Env(), std::make_shared<LockedBytes>(ReadSecret(fd, limit)));
  });
}

Napi::Value HkdfSecret(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (!info[0].IsArray()) throw Napi::TypeError::New(info.Env(), "keys must be an array of Secrets");
    const auto list = info[0].As<Napi::Array>();
    const Bytes salt = BytesOf(info[1], "salt");
    const Bytes context = BytesOf(info[2], "info");
    if (context.size > 1024) throw Napi::RangeError::New(info.Env(), "info must have at most 1024 bytes");
    std::vector<std::shared_ptr<LockedBytes>> keys;
    size_t total = 0;
    for (uint32_t i = 0; i < list.Length(); ++i) {
      keys.push_back(Secret::Get(list.Get(i)));
      total += keys.back()->size();
    }
    LockedBytes joined(total);
    size_t at = 0;
    for (const auto& key : keys) {
      std::copy_n(key->data(), key->size(), joined.data() + at);
      at += key->size();
    }
    return Secret::New(info.Env(), std::make_shared<LockedBytes>(Hkdf(joined.bytes(), salt, context)));
  });
}

Napi::Value ScryptSecret(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    auto password = info[0].IsNull() ? std::make_shared<LockedBytes>(0) : Secret::Get(info[0]);
    return Scrypt(info.Env(), std::move(password), BytesOf(info[1], "salt"), ScryptCostOf(info[2]));
  });
}

Napi::Value ParseKey(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto text = Secret::Get(info[0]);
    return Secret::New(info.Env(), std::make_shared<LockedBytes>(ParseRecoveryKey(text->bytes())));
  });
}

Napi::Value WriteKey(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto key = Secret::Get(info[0]);
    if (key->size() != 32) throw Napi::RangeError::New(info.Env(), "key must have 32 bytes");
    WriteRecoveryKey(key->bytes(), DescriptorOf(info[1], "fd"));
    return info.Env().Undefined();
  });
}

Napi::Value Equal(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const auto a = Secret::Get(info[0]);
    const auto b = Secret::Get(info[1]);
    const bool same = a->size() == b->size() && CRYPTO_memcmp(a->data(), b->data(), a->size()) == 0;
    return Napi::Boolean::New(info.Env(), same);
  });
}

}  // namespace

void Secret::Init(Napi::Env env, Napi::Object exports) {
  const Napi::Function constructor = DefineClass(env, "Secret",
                                                 {
                                                     StaticMethod("random", RandomSecret),
                                                     StaticMethod("take", Take),
                                                     StaticMethod("readFd", ReadFd),
                                                     StaticMethod("hkdf", HkdfSecret),
                                                     StaticMethod("scrypt", ScryptSecret),
                                                     StaticMethod("parseRecoveryKey", ParseKey),
                                                     StaticMethod("writeRecoveryKey", WriteKey),
                                                     StaticMethod("equal", Equal),
                                                     InstanceMethod<&Secret::Wipe>("wipe"),
                                                 });
  DefineGetter<Secret::Length>(constructor, "length");
  Environment::Of(env).secret = Napi::Persistent(constructor);
  exports.Set("Secret", constructor);
}

std::shared_ptr<LockedBytes> Secret::Get(const Napi::Value& value) {
  const Secret& self = Unwrapped<Secret>(value, kTag, "Secret");
  if (!self.bytes_) throw NativeError(value.Env(), "EWIPED", "the secret was wiped");
  return self.bytes_;
}

Napi::Object Secret::New(Napi::Env env, std::shared_ptr<LockedBytes> bytes) {
  return NewHandle(Environment::Of(env).secret, bytes);
}

Secret::Secret(const Napi::CallbackInfo& info) : ObjectWrap(info), bytes_(TakeHandle<LockedBytes>(info, "Secret")) {
  info.This().As<Napi::Object>().TypeTag(&kTag);
}

Napi::Value Secret::Length(const Napi::CallbackInfo& info) {
  const Secret& self = Unwrapped<Secret>(info.This(), kTag, "Secret");
  return Napi::Number::New(info.Env(), self.bytes_ ? static_cast<double>(self.bytes_->size()) : 0);
}

void Secret::Wipe(const Napi::CallbackInfo&) { bytes_.reset(); }

}  // namespace sherin
