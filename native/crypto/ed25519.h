#pragma once
#include <cstdint>

#include "../memory/bytes.h"

namespace sherin {

/** Ed25519 of RFC 8032. OpenSSL's copy of the key is made for each call and freed (cleansed) with it. */
void Ed25519PublicKey(Bytes seed, uint8_t out[32]);
/** `public_key` must be the seed's: of another, the signature would give the seed away. Deriving it costs as much as signing. */
void Ed25519Sign(Bytes seed, Bytes public_key, Bytes message, uint8_t signature[64]);
/** False for a wrong signature or an impossible public key. */
bool Ed25519Verify(Bytes public_key, Bytes message, const uint8_t signature[64]);

}  // namespace sherin
