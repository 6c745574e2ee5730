#pragma once
#include <cstdint>
#include <initializer_list>

#include "../memory/locked.h"

namespace sherin {

/** HMAC-SHA256 (RFC 2104) over the parts one after another. @throws Failure */
void HmacSha256(Bytes key, std::initializer_list<Bytes> parts, uint8_t out[32]);

/** HKDF-SHA256 (RFC 5869), 32 bytes of output. @throws Failure */
LockedBytes Hkdf(Bytes key, Bytes salt, Bytes info);

}  // namespace sherin
