#pragma once
#include <cstddef>
#include <cstdint>

namespace sherin {

/** Base32 of RFC 4648 section 6 in lower case without padding. */

constexpr size_t Base32Size(size_t bytes) { return (bytes * 8 + 4) / 5; }
/** Writes Base32Size(size) characters, no terminating zero. Constant time: works on keys too. */
void Base32Encode(const uint8_t* data, size_t size, char* out);
/** Value 0–31 of a character of either case, 0xff for any other; without a table look-up. */
uint8_t Base32Value(uint8_t character);

}  // namespace sherin
