#include "ed25519.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

namespace sherin {
namespace {

OSSL_PARAM OctetParam(const char* name, Bytes bytes) {
  return OSSL_PARAM_construct_octet_string(name, const_cast<uint8_t*>(bytes.data), bytes.size);
}

/** Imports keys, holds none. Looking the algorithm up costs more than an import. */
EVP_PKEY_CTX* Importer() {
  thread_local const PkeyContext context = [] {
    PkeyContext made(EVP_PKEY_CTX_new_from_name(nullptr, "ED25519", nullptr));
    Require(made != nullptr && EVP_PKEY_fromdata_init(made.get()) == 1, "Ed25519 import");
    return made;
  }();
  return context.get();
}

Pkey KeyPair(Bytes seed, Bytes public_key) {
  OSSL_PARAM params[] = {OctetParam(OSSL_PKEY_PARAM_PRIV_KEY, seed), OctetParam(OSSL_PKEY_PARAM_PUB_KEY, public_key),
                         OSSL_PARAM_construct_end()};
  EVP_PKEY* key = nullptr;
  Require(EVP_PKEY_fromdata(Importer(), &key, EVP_PKEY_KEYPAIR, params) == 1, "Ed25519 key pair");
  return Pkey(key);
}

MdContext NewDigestContext() {
  MdContext context(EVP_MD_CTX_new());
  Require(context != nullptr, "EVP_MD_CTX_new");
  return context;
}

}  // namespace

void Ed25519PublicKey(Bytes seed, uint8_t out[32]) {
  const ResidueScrub scrub;
  const Pkey key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, seed.data, seed.size));
  size_t size = 32;
  Require(key != nullptr && EVP_PKEY_get_raw_public_key(key.get(), out, &size) == 1 && size == 32,
          "Ed25519 public key");
}

Ed25519Signer::Ed25519Signer(Bytes seed, Bytes public_key) : key_(KeyPair(seed, public_key)), context_(NewDigestContext()) {
  Require(EVP_DigestSignInit_ex(context_.get(), nullptr, nullptr, nullptr, nullptr, key_.get(), nullptr) == 1,
          "Ed25519 sign init");
}

void Ed25519Signer::Sign(Bytes message, uint8_t signature[64]) {
  // Without a key it begins anew under the one that it has: looking up what signs costs a tenth of a signature.
  if (!fresh_) {
    Require(EVP_DigestSignInit_ex(context_.get(), nullptr, nullptr, nullptr, nullptr, nullptr, nullptr) == 1,
            "Ed25519 sign init");
  }
  fresh_ = false;
  size_t size = 64;
  Require(EVP_DigestSign(context_.get(), signature, &size, message.data, message.size) == 1 && size == 64,
          "Ed25519 sign");
}

bool Ed25519Verify(Bytes public_key, Bytes message, const uint8_t signature[64]) {
  const Pkey key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, public_key.data, public_key.size));
  const MdContext context = NewDigestContext();
  const bool good =
      key != nullptr &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), signature, 64, message.data, message.size) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace sherin
