#pragma once
#include <stddef.h>
#include <stdint.h>

/** CRC-32 as in zlib, going on from `crc`, at first 0. */
uint32_t crc32_of(uint32_t crc, const void *data, size_t length);
