#pragma once
#include <cstdint>
#include <initializer_list>

#include "../memory/locked.h"
#include "openssl.h"

namespace sherin {

/** HMAC-SHA256 (RFC 2104) of many messages under one key; what is derived from the key lives and ends with the object. Not for concurrent use. */
class HmacKey {
 public:
  /** @throws Failure */
  explicit HmacKey(Bytes key);
  HmacKey(const HmacKey&) = delete;
  HmacKey& operator=(const HmacKey&) = delete;
  ~HmacKey();

  /** Goes on under another key. @throws Failure */
  void Rekey(Bytes key);
  /** Over the parts one after another. @throws Failure */
  void Authenticate(std::initializer_list<Bytes> parts, uint8_t out[32]);

 private:
  MacContext context_;
  bool fresh_ = true;
};

/** Of one message. @throws Failure */
void HmacSha256(Bytes key, std::initializer_list<Bytes> parts, uint8_t out[32]);

/** HKDF-SHA256 (RFC 5869), 32 bytes of output. @throws Failure */
LockedBytes Hkdf(Bytes key, Bytes salt, Bytes info);

}  // namespace sherin
