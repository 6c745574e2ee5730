#include "mac.h"

#include <openssl/core_names.h>
#include <openssl/params.h>

#include "../memory/residue.h"
#include "openssl.h"

namespace sherin {
namespace {

char kDigest[] = "SHA256";

OSSL_PARAM OctetParam(const char* name, Bytes bytes) {
  static uint8_t nothing;  // OpenSSL takes a null pointer for "not given"
  uint8_t* data = bytes.size == 0 ? &nothing : const_cast<uint8_t*>(bytes.data);
  return OSSL_PARAM_construct_octet_string(name, data, bytes.size);
}

}  // namespace

void HmacSha256(Bytes key, std::initializer_list<Bytes> parts, uint8_t out[32]) {
  const ResidueScrub scrub;
  const MacContext context(EVP_MAC_CTX_new(HmacAlgorithm()));
  Require(context != nullptr, "EVP_MAC_CTX_new");
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, kDigest, 0),
                               OSSL_PARAM_construct_end()};
  Require(EVP_MAC_init(context.get(), key.data, key.size, params) == 1, "EVP_MAC_init");
  for (const Bytes& part : parts) {
    Require(EVP_MAC_update(context.get(), part.data, part.size) == 1, "EVP_MAC_update");
  }
  size_t size = 0;
  Require(EVP_MAC_final(context.get(), out, &size, 32) == 1 && size == 32, "EVP_MAC_final");
}

LockedBytes Hkdf(Bytes key, Bytes salt, Bytes info) {
  const ResidueScrub scrub;
  LockedBytes out(32);
  const KdfContext context(EVP_KDF_CTX_new(HkdfAlgorithm()));
  Require(context != nullptr, "EVP_KDF_CTX_new");
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, kDigest, 0),
                               OctetParam(OSSL_KDF_PARAM_KEY, key), OctetParam(OSSL_KDF_PARAM_SALT, salt),
                               OctetParam(OSSL_KDF_PARAM_INFO, info), OSSL_PARAM_construct_end()};
  Require(EVP_KDF_derive(context.get(), out.data(), out.size(), params) == 1, "HKDF");
  return out;
}

}  // namespace sherin
