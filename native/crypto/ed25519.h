#pragma once
#include <cstdint>

#include "../memory/bytes.h"

namespace sherin {

/** Ed25519 of RFC 8032. The expanded key is made for each call and freed (cleansed) with it. */
void Ed25519PublicKey(Bytes seed, uint8_t out[32]);
void Ed25519Sign(Bytes seed, Bytes message, uint8_t signature[64]);
/** False for a wrong signature or an impossible public key. */
bool Ed25519Verify(Bytes public_key, Bytes message, const uint8_t signature[64]);

}  // namespace sherin
