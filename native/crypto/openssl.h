#pragma once
#include <openssl/evp.h>

#include <memory>

namespace sherin {

/**
 * OpenSSL is the copy inside Node (its headers and exported symbols): one library, one version, updated with Node.
 * Algorithms are fetched once; fetching by name at each call costs as much as hashing a small message.
 */
const EVP_MD* Sha256();
const EVP_CIPHER* Aes256Gcm();
EVP_MAC* HmacAlgorithm();

template <auto Free>
struct OpensslDelete {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};

// Freeing any of these cleanses the key material inside.
using MdContext = std::unique_ptr<EVP_MD_CTX, OpensslDelete<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, OpensslDelete<EVP_CIPHER_CTX_free>>;
using MacContext = std::unique_ptr<EVP_MAC_CTX, OpensslDelete<EVP_MAC_CTX_free>>;
using PkeyContext = std::unique_ptr<EVP_PKEY_CTX, OpensslDelete<EVP_PKEY_CTX_free>>;
using Pkey = std::unique_ptr<EVP_PKEY, OpensslDelete<EVP_PKEY_free>>;

/** @throws Failure ENOMEM or EIO with OpenSSL's reason when `ok` is false; clears OpenSSL's error queue */
void Require(bool ok, const char* call);

}  // namespace sherin
