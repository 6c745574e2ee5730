#include "header.h"

#include <string.h>

namespace sherin {
namespace {

bool HasMagic(const uint8_t* header) { return memcmp(header + field::kMagic, "SHERIN::", 8) == 0; }

}  // namespace

const char* CheckShape(const uint8_t* header, const uint8_t* id, uint64_t file_size) {
  const HeaderView view(header);
  if (!HasMagic(header)) return "magic";
  if (view.version() != kFormat) return "version";
  if (header[field::kSuite] != 1 || header[field::kSuite + 1] != 0) return "suite";
  const uint32_t flags = LoadU32(header + field::kFlags);
  if ((flags & 0xfffc) != 0 || (flags & 3) == 3) return "flags";
  if (memcmp(view.id(), id, 32) != 0) return "id";
  const Stored stored = view.stored();
  if (stored.count < 1 || stored.count > kVertices) return "vertex count";
  if (stored.last < kBlock || stored.last > kVertex || stored.last % kBlock != 0) return "last vertex";
  if (view.pad() != PadMode::Block && stored.last != kVertex) return "padding of the last vertex";
  if (view.pad() == PadMode::Cube && stored.count != kVertices) return "padding of the cube";
  if (file_size != kHeader + stored.body()) return "file size";
  if (!IsZero(view.tag(stored.count), (kVertices - stored.count) * kTag)) return "unused tags";
  if (!IsZero(header + field::kReserved, kHeader - field::kReserved)) return "reserved bytes";
  return nullptr;
}

bool LooksNewer(const uint8_t* header) {
  const uint32_t version = HeaderView(header).version();
  return HasMagic(header) && version > kFormat && version <= kHighestFormat;
}

}  // namespace sherin
