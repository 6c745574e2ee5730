#include "crc.h"

uint32_t crc32_of(uint32_t crc, const void *data, size_t length) {
  const unsigned char *bytes = data;
  crc = ~crc;
  for (size_t at = 0; at < length; at++) {
    crc ^= bytes[at];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1));
  }
  return ~crc;
}
