#include "utf8.h"

namespace {

bool Continues(unsigned char byte, unsigned char least = 0x80, unsigned char greatest = 0xBF) {
  return byte >= least && byte <= greatest;
}

/** Bytes of the character at `at`; 0: it is none. The end is a zero byte, which continues nothing. */
int Length(const unsigned char* at) {
  const unsigned char first = at[0];
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  if (first < 0xE0) return Continues(at[1]) ? 2 : 0;
  if (first < 0xF0) {
    const unsigned char least = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned char greatest = first == 0xED ? 0x9F : 0xBF;
    return Continues(at[1], least, greatest) && Continues(at[2]) ? 3 : 0;
  }
  const unsigned char least = first == 0xF0 ? 0x90 : 0x80;
  const unsigned char greatest = first == 0xF4 ? 0x8F : 0xBF;
  return Continues(at[1], least, greatest) && Continues(at[2]) && Continues(at[3]) ? 4 : 0;
}

}  // namespace

bool IsUtf8(const char* text) {
  const auto* at = reinterpret_cast<const unsigned char*>(text);
  while (*at != 0) {
    const int length = Length(at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}
