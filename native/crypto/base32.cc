#include "base32.h"

namespace sherin {

void Base32Encode(const uint8_t* data, size_t size, char* out) {
  uint32_t bits = 0;
  unsigned held = 0;
  const auto put = [&out](uint32_t value) {
    // 0–25 → a–z, 26–31 → 2–7
    const uint32_t digit = (25 - value) >> 31;
    *out++ = static_cast<char>(value + 'a' - digit * ('a' + 26 - '2'));
  };
  for (size_t i = 0; i < size; ++i) {
    bits = (bits << 8) | data[i];
    for (held += 8; held >= 5; held -= 5) put((bits >> (held - 5)) & 31);
  }
  if (held > 0) put((bits << (5 - held)) & 31);
}

uint8_t Base32Value(uint8_t character) {
  const uint32_t lower = character | 0x20u;
  const auto within = [](uint32_t value, uint32_t first, uint32_t last) {
    return ~(((value - first) | (last - value)) >> 31) & 1u;
  };
  const uint32_t letter = 0u - within(lower, 'a', 'z');
  const uint32_t digit = 0u - within(character, '2', '7');
  const uint32_t value = (letter & (lower - 'a')) | (digit & (character - '2' + 26u));
  return static_cast<uint8_t>(value | (0xffu & ~(letter | digit)));
}

}  // namespace sherin
