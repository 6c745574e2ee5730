#pragma once
#include <cstdint>

#include "../memory/bytes.h"
#include "openssl.h"

namespace sherin {

/** A 96-bit GCM nonce. */
struct Nonce {
  uint8_t bytes[12];
  /** The number as 96-bit big-endian (FORMAT.md, "Cube file"). */
  static Nonce Of(uint32_t number);
};

/** AES-256-GCM with one key; the expanded key lives and ends with the object. Not for concurrent use. */
class Gcm {
 public:
  enum class Direction { Seal, Open };

  /** `key` has 32 bytes. @throws Failure */
  Gcm(Direction direction, Bytes key);
  Gcm(const Gcm&) = delete;
  Gcm& operator=(const Gcm&) = delete;
  ~Gcm();

  /** Encrypts `size` bytes; `in` may be `out`. @throws Failure */
  void Seal(const Nonce& nonce, Bytes aad, const uint8_t* in, size_t size, uint8_t* out, uint8_t tag[16]);
  /** Decrypts; false when the tag does not match, `out` is zeroed then. @throws Failure */
  [[nodiscard]] bool Open(const Nonce& nonce, Bytes aad, const uint8_t* in, size_t size, uint8_t* out,
                          const uint8_t tag[16]);

 private:
  void Begin(const Nonce& nonce, Bytes aad);
  void Update(const uint8_t* in, size_t size, uint8_t* out);

  const Direction direction_;
  CipherContext context_;
};

}  // namespace sherin
