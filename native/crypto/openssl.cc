#include "openssl.h"

#include <openssl/err.h>

#include <string>

#include "../failure.h"

namespace sherin {
namespace {

template <typename T>
T* Fetched(T* algorithm, const char* name) {
  Require(algorithm != nullptr, name);
  return algorithm;
}

}  // namespace

// Never freed: worker threads may use them until the process ends.
const EVP_MD* Sha256() {
  static const EVP_MD* const md = Fetched(EVP_MD_fetch(nullptr, "SHA256", nullptr), "SHA256");
  return md;
}

const EVP_CIPHER* Aes256Gcm() {
  static const EVP_CIPHER* const cipher = Fetched(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr), "AES-256-GCM");
  return cipher;
}

EVP_MAC* HmacAlgorithm() {
  static EVP_MAC* const mac = Fetched(EVP_MAC_fetch(nullptr, "HMAC", nullptr), "HMAC");
  return mac;
}

void Require(bool ok, const char* call) {
  if (ok) return;
  char reason[256] = "";
  const unsigned long error = ERR_get_error();
  if (error != 0) ERR_error_string_n(error, reason, sizeof reason);
  ERR_clear_error();
  throw Failure("EIO", std::string("OpenSSL ") + call + " failed " + reason);
}

}  // namespace sherin
