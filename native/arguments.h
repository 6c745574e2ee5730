#pragma once
#include <napi.h>

#include <cstdint>
#include <string>

#include "memory/bytes.h"

namespace sherin {

/** Checks of what JavaScript passes; every one throws Napi::TypeError or RangeError that names the argument. */

/** An own or inherited property of an object argument. */
Napi::Value Member(const Napi::Value& object, const char* name);
/** Bytes of a Buffer or Uint8Array; valid while the value is kept alive and not detached. */
Bytes BytesOf(const Napi::Value& value, const char* name);
/** The same, with an exact size. */
Bytes BytesOf(const Napi::Value& value, const char* name, size_t size);
/** A whole number within bounds, at most 2^53−1. */
uint64_t NumberOf(const Napi::Value& value, const char* name, uint64_t least, uint64_t most);
/** A file descriptor number. */
int DescriptorOf(const Napi::Value& value, const char* name);
bool BooleanOf(const Napi::Value& value, const char* name);
/** A path of 1–4095 bytes without zero byte. */
std::string PathOf(const Napi::Value& value, const char* name);
/** The 16 raw bytes of a vault UUID. */
Uuid UuidOf(const Napi::Value& value);
/** A new Buffer with a copy. */
Napi::Value BufferOf(Napi::Env env, const uint8_t* data, size_t size);

}  // namespace sherin
