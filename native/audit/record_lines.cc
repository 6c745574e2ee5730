#include "record_lines.h"

#include <string.h>

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

Hash LeafHash(EVP_MD_CTX* context, const char* line, size_t size) {
  static constexpr uint8_t kLeaf = 0;
  Hash hash;
  Require(EVP_DigestInit_ex2(context, Sha256(), nullptr) == 1 && EVP_DigestUpdate(context, &kLeaf, 1) == 1 &&
              EVP_DigestUpdate(context, line, size) == 1 && EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1,
          "EVP_Digest");
  return hash;
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

RecordLines ChainRecords(const KeySet& keys, Bytes parts, const LogPlace& place) {
  const MdContext context(EVP_MD_CTX_new());
  Require(context != nullptr, "EVP_MD_CTX_new");
  RecordLines lines;
  lines.text.reserve(parts.size * 2);
  Hash prev = place.prev;
  keys.WithHmac(Purpose::Audit, [&](HmacKey& key) {
    for (uint64_t seq = place.seq; parts.size > 0; ++seq) {
      const Bytes start = NextPiece(parts), meta = NextPiece(parts);
      const std::string end =
          "\"prev\":\"" + Base64(prev) + "\",\"seq\":" + std::to_string(seq) + ",\"ts\":\"" + place.ts + "\",\"v\":1}";
      Hash mac;
      key.Authenticate({start, meta, BytesOfText(end)}, mac.data());
      const size_t at = lines.text.size();
      lines.text.append(reinterpret_cast<const char*>(start.data), start.size);
      lines.text += "\"mac\":\"" + Base64(mac) + "\",";
      lines.text.append(reinterpret_cast<const char*>(meta.data), meta.size);
      lines.text += end;
      prev = LeafHash(context.get(), lines.text.data() + at, lines.text.size() - at);
      lines.leaves.push_back(prev);
      lines.text += '\n';
    }
  });
  return lines;
}

}  // namespace sherin
