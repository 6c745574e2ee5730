#pragma once
#include <napi.h>

#include <memory>

#include "handed_key.h"
#include "key_set.h"

namespace sherin {

/**
 * JavaScript handle of a KeySet (Keyring of native/keys.ts). A collected handle leaves the keys to whoever works with them (a
 * reader, an encode under way); the last one wipes them.
 */
class Keyring : public Napi::ObjectWrap<Keyring> {
 public:
  static void Init(Napi::Env env, Napi::Object exports);
  /** The keys behind a handle; workers keep the pointer. @throws Napi::TypeError, NativeError EWIPED */
  static std::shared_ptr<KeySet> Get(const Napi::Value& value);

  explicit Keyring(const Napi::CallbackInfo& info);

 private:
  static Napi::Value Wiped(const Napi::CallbackInfo& info);
  Napi::Value PublicKey(const Napi::CallbackInfo& info);
  Napi::Value Sign(const Napi::CallbackInfo& info);
  Napi::Value Hmac(const Napi::CallbackInfo& info);
  Napi::Value Hmacs(const Napi::CallbackInfo& info);
  Napi::Value ChainRecords(const Napi::CallbackInfo& info);
  Napi::Value SealFrame(const Napi::CallbackInfo& info);
  Napi::Value OpenFrame(const Napi::CallbackInfo& info);
  Napi::Value Wrap(const Napi::CallbackInfo& info);
  Napi::Value ManifestKey(const Napi::CallbackInfo& info);
  static Napi::Value Epoch(const Napi::CallbackInfo& info);
  Napi::Value FormerEpochs(const Napi::CallbackInfo& info);
  Napi::Value Successor(const Napi::CallbackInfo& info);
  Napi::Value Carried(const Napi::CallbackInfo& info);
  void TakeOver(const Napi::CallbackInfo& info);
  void Forget(const Napi::CallbackInfo& info);
  Napi::Value CounterAuth(const Napi::CallbackInfo& info);
  Napi::Value HandOver(const Napi::CallbackInfo& info);
  void TakeBack(const Napi::CallbackInfo& info);
  void Wipe(const Napi::CallbackInfo& info);

  std::shared_ptr<KeySet> keys_;
  /** The master key on its way to another process. */
  std::unique_ptr<HandedKey> handed_;
};

}  // namespace sherin
