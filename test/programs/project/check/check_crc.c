#include <stdio.h>

#include "crc.h"

int main(void) {
  /* The check value of CRC-32/ISO-HDLC. */
  int good = crc32_of(0, "123456789", 9) == 0xcbf43926u && crc32_of(crc32_of(0, "1234", 4), "56789", 5) == 0xcbf43926u;
  puts(good ? "crc: passed" : "crc: failed");
  return !good;
}
