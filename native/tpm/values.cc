#include "values.h"

#include <algorithm>
#include <cmath>

#include "../error.h"
#include "../keys/secret.h"
#include "authorized.h"

namespace sherin::tpm {
namespace {

Napi::Object AsObject(const Napi::Value& value, const char* what) {
  if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be an object");
  return value.As<Napi::Object>();
}

[[noreturn]] void Refuse(Napi::Env env, const std::string& message) { throw NativeError(env, "EINVAL", message); }

uint32_t ReadNumber(const Napi::Value& value, const char* what, uint32_t least, uint32_t most) {
  if (!value.IsNumber()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= least && number <= most) || number != std::floor(number)) {
    Refuse(value.Env(), std::string(what) + " is out of range");
  }
  return static_cast<uint32_t>(number);
}

}  // namespace

TPMI_ALG_HASH ReadBank(const Napi::Value& value) {
  const std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name == "sha256") return TPM2_ALG_SHA256;
  if (name == "sha384") return TPM2_ALG_SHA384;
  if (name == "sha512") return TPM2_ALG_SHA512;
  Refuse(value.Env(), "the PCR bank must be sha256, sha384 or sha512");
}

std::vector<uint32_t> ReadPcrs(const Napi::Value& value) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "pcrs must be an array");
  const Napi::Array list = value.As<Napi::Array>();
  if (list.Length() == 0 || list.Length() > 24) Refuse(value.Env(), "between one and 24 PCRs must be named");
  std::vector<uint32_t> pcrs;
  for (uint32_t i = 0; i < list.Length(); i++) pcrs.push_back(ReadNumber(list.Get(i), "a PCR", 0, 23));
  std::sort(pcrs.begin(), pcrs.end());
  if (std::adjacent_find(pcrs.begin(), pcrs.end()) != pcrs.end()) Refuse(value.Env(), "a PCR is named twice");
  return pcrs;
}

NvIndex ReadNvIndex(const Napi::Value& value) {
  const Napi::Object object = AsObject(value, "an NV index");
  return {ReadNumber(object.Get("handle"), "an NV handle", TPM2_NV_INDEX_FIRST, TPM2_NV_INDEX_LAST),
          ReadBytes(object.Get("name"), "an NV name", 3, sizeof(TPMU_NAME))};
}

std::shared_ptr<LockedBytes> ReadAuth(const Napi::Value& value) {
  if (value.IsNull()) return nullptr;
  auto auth = Secret::Get(value);
  if (auth->size() < 1 || auth->size() > kAuthLimit) Refuse(value.Env(), "an authValue has 1 to 32 bytes");
  return auth;
}

Policy ReadPolicy(const Napi::Value& value) {
  const Napi::Object object = AsObject(value, "the policy");
  Policy policy;
  policy.pcrs = ReadPcrs(object.Get("pcrs"));
  for (const uint32_t pcr : policy.pcrs) {
    if (pcr == 16 || pcr == 23) Refuse(value.Env(), "PCR 16 and 23 can be reset by software and bind nothing");
  }
  policy.bank = ReadBank(object.Get("bank"));
  policy.slotCounter = ReadNvIndex(object.Get("slotCounter"));
  const Napi::Value generation = object.Get("slotGeneration");
  if (!generation.IsBigInt()) throw Napi::TypeError::New(value.Env(), "slotGeneration must be a bigint");
  bool lossless = false;
  policy.slotGeneration = generation.As<Napi::BigInt>().Uint64Value(&lossless);
  if (!lossless) Refuse(value.Env(), "slotGeneration is out of range");
  policy.auth = ReadAuth(object.Get("auth"));
  return policy;
}

Sealed ReadSealed(const Napi::Value& value) {
  const Napi::Object object = AsObject(value, "the sealed object");
  Sealed sealed;
  sealed.publicArea = ReadBytes(object.Get("public"), "sealed.public", 2, sizeof(TPM2B_PUBLIC));
  sealed.privateArea = ReadBytes(object.Get("private"), "sealed.private", 2, sizeof(TPM2B_PRIVATE));
  sealed.primaryName = ReadBytes(object.Get("primaryName"), "sealed.primaryName", 3, sizeof(TPMU_NAME));
  return sealed;
}

AttestationKey ReadAttestationKey(const Napi::Value& value) {
  const Napi::Object object = AsObject(value, "the attestation key");
  return {ReadBytes(object.Get("public"), "key.public", 2, sizeof(TPM2B_PUBLIC)),
          ReadBytes(object.Get("private"), "key.private", 2, sizeof(TPM2B_PRIVATE)),
          ReadBytes(object.Get("primaryName"), "key.primaryName", 3, sizeof(TPMU_NAME))};
}

std::vector<uint8_t> ReadBytes(const Napi::Value& value, const char* what, size_t least, size_t most) {
  if (!value.IsBuffer()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a Buffer");
  const auto buffer = value.As<Napi::Buffer<uint8_t>>();
  if (buffer.Length() < least || buffer.Length() > most) {
    Refuse(value.Env(), std::string(what) + " has the wrong size");
  }
  return std::vector<uint8_t>(buffer.Data(), buffer.Data() + buffer.Length());
}

Napi::Value Write(Napi::Env env, const std::vector<uint8_t>& bytes) {
  return Napi::Buffer<uint8_t>::Copy(env, bytes.data(), bytes.size());
}

Napi::Value Write(Napi::Env env, const Sealed& sealed) {
  const auto object = Napi::Object::New(env);
  object.Set("public", Write(env, sealed.publicArea));
  object.Set("private", Write(env, sealed.privateArea));
  object.Set("primaryName", Write(env, sealed.primaryName));
  object.Set("pcrDigest", Write(env, sealed.pcrDigest));
  return object;
}

Napi::Value Write(Napi::Env env, const AttestationKey& key) {
  const auto object = Napi::Object::New(env);
  object.Set("public", Write(env, key.publicArea));
  object.Set("private", Write(env, key.privateArea));
  object.Set("primaryName", Write(env, key.primaryName));
  return object;
}

Napi::Value Write(Napi::Env env, const QuoteOf& quote) {
  const auto object = Napi::Object::New(env);
  object.Set("attest", Write(env, quote.attest));
  object.Set("signature", Write(env, quote.signature));
  return object;
}

Napi::Value Write(Napi::Env env, const PcrValues& values) {
  const auto map = env.Global().Get("Map").As<Napi::Function>().New({});
  const auto set = map.Get("set").As<Napi::Function>();
  for (const auto& [pcr, value] : values) set.Call(map, {Napi::Number::New(env, pcr), Write(env, value)});
  return map;
}

Napi::Value Write(Napi::Env env, const NewCounter& counter) {
  const auto object = Napi::Object::New(env);
  object.Set("handle", Napi::Number::New(env, counter.index.handle));
  object.Set("name", Write(env, counter.index.name));
  object.Set("value", Napi::BigInt::New(env, counter.value));
  return object;
}

Napi::Value Write(Napi::Env env, const Facts& facts) {
  const auto object = Napi::Object::New(env);
  object.Set("manufacturer", facts.manufacturer);
  object.Set("vendor", facts.vendor);
  object.Set("firmware", facts.firmware);
  object.Set("lockoutCounter", facts.lockoutCounter);
  object.Set("maxAuthFail", facts.maxAuthFail);
  object.Set("lockoutInterval", facts.lockoutInterval);
  object.Set("lockoutRecovery", facts.lockoutRecovery);
  object.Set("inLockout", facts.inLockout);
  object.Set("lockoutAuthSet", facts.lockoutAuthSet);
  return object;
}

}  // namespace sherin::tpm
