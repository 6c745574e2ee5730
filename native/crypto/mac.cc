#include "mac.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "../memory/residue.h"

namespace sherin {
namespace {

char kDigest[] = "SHA256";

/** Fetching the digest by its name costs as much as the hashing of a small message: contexts are copied from one that has it. */
MacContext NewMacContext() {
  // Never freed: OpenSSL may have ended before static objects do. A context without a key can not be copied.
  static EVP_MAC_CTX* const model = [] {
    static constexpr uint8_t kNoKey[32] = {};
    MacContext context(EVP_MAC_CTX_new(HmacAlgorithm()));
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, kDigest, 0),
                                 OSSL_PARAM_construct_end()};
    Require(context != nullptr && EVP_MAC_init(context.get(), kNoKey, sizeof kNoKey, params) == 1, "EVP_MAC_init");
    return context.release();
  }();
  MacContext context(EVP_MAC_CTX_dup(model));
  Require(context != nullptr, "EVP_MAC_CTX_dup");
  return context;
}

}  // namespace

HmacKey::HmacKey(Bytes key) : context_(NewMacContext()) {
  const bool taken = EVP_MAC_init(context_.get(), key.data, key.size, nullptr) == 1;
  if (!taken) ScrubResidue();  // nothing is destroyed that was not made
  Require(taken, "EVP_MAC_init");
}

void HmacKey::Rekey(Bytes key) {
  Require(EVP_MAC_init(context_.get(), key.data, key.size, nullptr) == 1, "EVP_MAC_init");
  fresh_ = true;
}

HmacKey::~HmacKey() {
  context_.reset();
  ScrubResidue();
}

void HmacKey::Authenticate(std::initializer_list<Bytes> parts, uint8_t out[32]) {
  // Without a key it begins anew under the one that it has.
  if (!fresh_) Require(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1, "EVP_MAC_init");
  fresh_ = false;
  for (const Bytes& part : parts) {
    Require(EVP_MAC_update(context_.get(), part.data, part.size) == 1, "EVP_MAC_update");
  }
  size_t size = 0;
  Require(EVP_MAC_final(context_.get(), out, &size, 32) == 1 && size == 32, "EVP_MAC_final");
}

void HmacSha256(Bytes key, std::initializer_list<Bytes> parts, uint8_t out[32]) { HmacKey(key).Authenticate(parts, out); }

LockedBytes Hkdf(Bytes key, Bytes salt, Bytes info) {
  static constexpr uint8_t kFirst = 1;
  LockedBytes extracted(32), out(32);
  HmacKey mac(salt);
  mac.Authenticate({key}, extracted.data());
  mac.Rekey(extracted.bytes());
  mac.Authenticate({info, {&kFirst, 1}}, out.data());
  return out;
}

}  // namespace sherin
