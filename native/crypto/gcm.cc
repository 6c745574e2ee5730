#include "gcm.h"

#include <openssl/crypto.h>

#include "../memory/residue.h"

namespace sherin {

Nonce Nonce::Of(uint32_t number) {
  Nonce nonce{};
  for (int i = 0; i < 4; ++i) nonce.bytes[11 - i] = static_cast<uint8_t>(number >> (8 * i));
  return nonce;
}

Gcm::Gcm(Direction direction, Bytes key) : direction_(direction), context_(EVP_CIPHER_CTX_new()) {
  Require(context_ != nullptr && key.size == 32, "EVP_CIPHER_CTX_new");
  const int seal = direction == Direction::Seal ? 1 : 0;
  Require(EVP_CipherInit_ex2(context_.get(), Aes256Gcm(), key.data, nullptr, seal, nullptr) == 1, "AES-256-GCM init");
}

Gcm::~Gcm() {
  context_.reset();
  ScrubResidue();
}

void Gcm::Begin(const Nonce& nonce, Bytes aad) {
  Require(EVP_CipherInit_ex2(context_.get(), nullptr, nullptr, nonce.bytes, -1, nullptr) == 1, "AES-256-GCM nonce");
  int done = 0;
  Require(EVP_CipherUpdate(context_.get(), nullptr, &done, aad.data, static_cast<int>(aad.size)) == 1,
          "AES-256-GCM AAD");
}

void Gcm::Update(const uint8_t* in, size_t size, uint8_t* out) {
  int done = 0;
  Require(EVP_CipherUpdate(context_.get(), out, &done, in, static_cast<int>(size)) == 1 &&
              static_cast<size_t>(done) == size,
          "AES-256-GCM update");
}

void Gcm::Seal(const Nonce& nonce, Bytes aad, const uint8_t* in, size_t size, uint8_t* out, uint8_t tag[16]) {
  Require(direction_ == Direction::Seal, "Seal with a context that opens");
  Begin(nonce, aad);
  Update(in, size, out);
  int done = 0;
  uint8_t rest[16];
  Require(EVP_CipherFinal_ex(context_.get(), rest, &done) == 1, "AES-256-GCM final");
  Require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, 16, tag) == 1, "AES-256-GCM tag");
}

bool Gcm::Open(const Nonce& nonce, Bytes aad, const uint8_t* in, size_t size, uint8_t* out, const uint8_t tag[16]) {
  Require(direction_ == Direction::Open, "Open with a context that seals");
  Begin(nonce, aad);
  Update(in, size, out);
  int done = 0;
  uint8_t rest[16];
  Require(EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, 16, const_cast<uint8_t*>(tag)) == 1,
          "AES-256-GCM expected tag");
  if (EVP_CipherFinal_ex(context_.get(), rest, &done) == 1) return true;
  OPENSSL_cleanse(out, size);
  return false;
}

}  // namespace sherin
