#include "ed25519.h"

#include <openssl/err.h>

#include "../memory/residue.h"
#include "openssl.h"

namespace sherin {
namespace {

Pkey PrivateKey(Bytes seed) {
  Pkey key(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, seed.data, seed.size));
  Require(key != nullptr, "Ed25519 private key");
  return key;
}

MdContext NewContext() {
  MdContext context(EVP_MD_CTX_new());
  Require(context != nullptr, "EVP_MD_CTX_new");
  return context;
}

}  // namespace

void Ed25519PublicKey(Bytes seed, uint8_t out[32]) {
  const ResidueScrub scrub;
  size_t size = 32;
  Require(EVP_PKEY_get_raw_public_key(PrivateKey(seed).get(), out, &size) == 1 && size == 32, "Ed25519 public key");
}

void Ed25519Sign(Bytes seed, Bytes message, uint8_t signature[64]) {
  const ResidueScrub scrub;
  const Pkey key = PrivateKey(seed);
  const MdContext context = NewContext();
  Require(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) == 1,
          "Ed25519 sign init");
  size_t size = 64;
  Require(EVP_DigestSign(context.get(), signature, &size, message.data, message.size) == 1 && size == 64,
          "Ed25519 sign");
}

bool Ed25519Verify(Bytes public_key, Bytes message, const uint8_t signature[64]) {
  const Pkey key(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, public_key.data, public_key.size));
  const MdContext context = NewContext();
  const bool good =
      key != nullptr &&
      EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key.get(), nullptr) == 1 &&
      EVP_DigestVerify(context.get(), signature, 64, message.data, message.size) == 1;
  ERR_clear_error();
  return good;
}

}  // namespace sherin
