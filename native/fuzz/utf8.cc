/** Fuzz target: names from programs, as the mend of fuse-native reads them: what passes is the same when it is written again. */
#include "../fuse2/utf8.h"

#include <cstdlib>
#include <string>

namespace {

/** Appends a character in its shortest form (RFC 3629). */
void Append(std::string& text, uint32_t code) {
  if (code < 0x80) text += static_cast<char>(code);
  else if (code < 0x800) text += {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
  else if (code < 0x10000) {
    text += {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
  } else {
    text += {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
             static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string name = text.c_str();
  if (!IsUtf8(name.c_str())) return 0;
  std::string again;
  for (size_t at = 0; at < name.size();) {
    const auto first = static_cast<unsigned char>(name[at]);
    const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    uint32_t code = length == 1 ? first : first & (0xFF >> (length + 1));
    for (size_t more = 1; more < length; ++more) code = code << 6 | (static_cast<unsigned char>(name[at + more]) & 0x3F);
    if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) abort();
    Append(again, code);
    at += length;
  }
  if (again != name) abort();
  return 0;
}
