#include "record_lines.h"

#include <string.h>

#include "../codec/merkle.h"
#include "../crypto/openssl.h"
#include "../failure.h"

namespace sherin {
namespace {

Bytes BytesOfText(const std::string& text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

/** RFC 4648 section 4, of 32 bytes. */
std::string Base64(const Hash& hash) {
  uint8_t text[48];
  return {reinterpret_cast<const char*>(text),
          static_cast<size_t>(EVP_EncodeBlock(text, hash.data(), static_cast<int>(hash.size())))};
}

size_t BitsOf(uint64_t value) {
  size_t bits = 0;
  for (; value > 0; value >>= 1) bits += value & 1;
  return bits;
}

/** A record more: with those before it may complete subtrees. */
void Append(LogEnd& end, const Hash& leaf) {
  Hash node = leaf;
  for (uint64_t size = end.size; size % 2 == 1; size /= 2) {
    node = NodeHash(end.subtrees.back(), node);
    end.subtrees.pop_back();
  }
  end.subtrees.push_back(node);
  end.prev = leaf;
  ++end.size;
}

/** Takes the bytes up to the next line feed. */
Bytes NextPiece(Bytes& rest) {
  const void* const end = rest.size == 0 ? nullptr : memchr(rest.data, '\n', rest.size);
  if (end == nullptr) throw Failure("EINVAL", "the records are not pairs of lines");
  const size_t size = static_cast<size_t>(static_cast<const uint8_t*>(end) - rest.data);
  const Bytes piece{rest.data, size};
  rest = {rest.data + size + 1, rest.size - size - 1};
  return piece;
}

}  // namespace

std::string ChainRecords(const KeySet& keys, Bytes parts, const std::string& ts, LogEnd& end) {
  if (end.subtrees.size() != BitsOf(end.size)) throw Failure("EINVAL", "the subtrees do not fit the size");
  std::string lines;
  lines.reserve(parts.size * 2);
  keys.WithHmac(Purpose::Audit, [&](HmacKey& key) {
    while (parts.size > 0) {
      const Bytes start = NextPiece(parts), meta = NextPiece(parts);
      const std::string rest = "\"prev\":\"" + Base64(end.prev) + "\",\"seq\":" + std::to_string(end.size) +
                               ",\"ts\":\"" + ts + "\",\"v\":1}";
      Hash mac;
      key.Authenticate({start, meta, BytesOfText(rest)}, mac.data());
      const size_t at = lines.size();
      lines.append(reinterpret_cast<const char*>(start.data), start.size);
      lines += "\"mac\":\"" + Base64(mac) + "\",";
      lines.append(reinterpret_cast<const char*>(meta.data), meta.size);
      lines += rest;
      Append(end, LeafHash({reinterpret_cast<const uint8_t*>(lines.data()) + at, lines.size() - at}));
      lines += '\n';
    }
  });
  return lines;
}

}  // namespace sherin
