#pragma once
#include <cstdint>

#include "../memory/bytes.h"
#include "../memory/residue.h"
#include "openssl.h"

namespace sherin {

/** Ed25519 of RFC 8032. OpenSSL's copy of the key is made for each call or signer and freed (cleansed) with it. */
void Ed25519PublicKey(Bytes seed, uint8_t out[32]);
/** Signs many messages with one key; OpenSSL's copy of it lives and ends with the object. Not for concurrent use. */
class Ed25519Signer {
 public:
  /** `public_key` must be the seed's: of another, the signature would give the seed away. Deriving it costs as much as signing. @throws Failure */
  Ed25519Signer(Bytes seed, Bytes public_key);
  Ed25519Signer(const Ed25519Signer&) = delete;
  Ed25519Signer& operator=(const Ed25519Signer&) = delete;

  /** @throws Failure */
  void Sign(Bytes message, uint8_t signature[64]);

 private:
  const ResidueScrub scrub_;  // the last to end, also where nothing could be made
  const Pkey key_;
  const MdContext context_;
  bool fresh_ = true;
};
/** False for a wrong signature or an impossible public key. */
bool Ed25519Verify(Bytes public_key, Bytes message, const uint8_t signature[64]);

}  // namespace sherin
