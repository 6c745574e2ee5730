#include "page_key.h"

#include <openssl/crypto.h>
#include <string.h>

#include "../crypto/openssl.h"
#include "../memory/residue.h"
#include "../memory/wipe.h"

namespace sherin {
namespace {

constexpr size_t kPage = 4096, kNonce = 16, kMac = 16, kOnce = 32;

/** K[0..32]: the one-time key of Poly1305. */
void OnceKey(Bytes key, const uint8_t nonce[kNonce], uint8_t out[kOnce]) {
  // OpenSSL takes block counter and nonce as one: here N[12..16] XOR 1, then N[0..12].
  uint8_t iv[kNonce];
  memcpy(iv, nonce + 12, 4);
  iv[0] ^= 1;
  memcpy(iv + 4, nonce, 12);
  static constexpr uint8_t kZeros[kOnce] = {};
  const CipherContext context(EVP_CIPHER_CTX_new());
  Require(context != nullptr, "EVP_CIPHER_CTX_new");
  Require(EVP_EncryptInit_ex2(context.get(), EVP_chacha20(), key.data, iv, nullptr) == 1, "EVP_EncryptInit_ex2");
  int size = 0;
  Require(EVP_EncryptUpdate(context.get(), out, &size, kZeros, sizeof kZeros) == 1, "EVP_EncryptUpdate");
}

/** Fetched by name: once for each opening of a database. */
void Poly1305(const uint8_t key[kOnce], Bytes data, uint8_t out[kMac]) {
  const std::unique_ptr<EVP_MAC, OpensslDelete<EVP_MAC_free>> algorithm(EVP_MAC_fetch(nullptr, "POLY1305", nullptr));
  Require(algorithm != nullptr, "EVP_MAC_fetch");
  const MacContext context(EVP_MAC_CTX_new(algorithm.get()));
  Require(context != nullptr, "EVP_MAC_CTX_new");
  Require(EVP_MAC_init(context.get(), key, kOnce, nullptr) == 1, "EVP_MAC_init");
  Require(EVP_MAC_update(context.get(), data.data, data.size) == 1, "EVP_MAC_update");
  size_t size = 0;
  Require(EVP_MAC_final(context.get(), out, &size, kMac) == 1 && size == kMac, "EVP_MAC_final");
}

}  // namespace

bool OpensFirstPage(Bytes key, Bytes page) {
  if (page.size != kPage) return false;
  const ResidueScrub scrub;
  const uint8_t* const nonce = page.data + kPage - kMac - kNonce;
  uint8_t once[kOnce], tag[kMac];
  const WipeAtEnd wipe(once, sizeof once);
  OnceKey(key, nonce, once);
  Poly1305(once, {page.data, kPage - kMac}, tag);
  return CRYPTO_memcmp(tag, nonce + kNonce, kMac) == 0;
}

}  // namespace sherin
