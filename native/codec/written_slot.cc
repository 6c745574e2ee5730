#include "written_slot.h"

#include <string.h>

#include <algorithm>

#include "../failure.h"
#include "../memory/wipe.h"
#include "merkle.h"
#include "scratch.h"

namespace sherin {
namespace {

Hash ZeroHash(size_t length) {
  static const std::vector<uint8_t> zeros(kVertex);
  static const Hash whole = VertexHash({zeros.data(), kVertex});
  return length == kVertex ? whole : VertexHash({zeros.data(), length});
}

bool IsAllZero(const uint8_t* data, size_t size) {
  return data[0] == 0 && memcmp(data, data + 1, size - 1) == 0;
}

/** What stands under a written vertex, zeros behind its end, and over it the blocks that were written. */
Outcome PutTogether(CubeSource& source, const SlotVertex& vertex, uint8_t* plain, size_t length) {
  size_t under = 0;
  if (vertex.stored) {
    const CubeRef& cube = vertex.stored->cube;
    const size_t start = vertex.stored->vertex * kVertex;
    under = std::min<size_t>(length, cube.length - start);
    Outcome outcome = source.Read(cube, {start, under}, plain);
    if (!outcome.ok()) return outcome;
  }
  memset(plain + under, 0, length - under);
  for (const WrittenPart& part : vertex.parts) {
    for (size_t from = 0; from < part.bytes.size; from += kBlock) {
      const size_t at = part.first * kBlock + from;
      if (at >= length || (vertex.present >> (at / kBlock) & 1) == 0) continue;
      memcpy(plain + at, part.bytes.data + from, std::min(kBlock, length - at));
    }
  }
  return {};
}

Outcome Collect(CubeSource& source, const std::vector<SlotVertex>& vertices, size_t length, uint8_t* plain,
                size_t& used, std::vector<Hash>& hashes, EncodedSlot& slot) {
  for (size_t i = 0; i < vertices.size(); ++i) {
    const SlotVertex& vertex = vertices[i];
    const size_t here = std::min(kVertex, length - i * kVertex);
    Outcome outcome;
    hashes[i] = ZeroHash(here);
    if (vertex.kind == SlotVertex::Kind::Kept) {
      outcome = source.HashOfVertex(vertex.stored->cube, vertex.stored->vertex, hashes[i]);
    } else if (vertex.kind == SlotVertex::Kind::Written) {
      outcome = PutTogether(source, vertex, plain + used, here);
      if (outcome.ok() && !IsAllZero(plain + used, here)) {
        slot.in_cube |= uint32_t{1} << i;
        used += here;
      }
    }
    if (!outcome.ok()) return outcome;
  }
  return {};
}

}  // namespace

EncodedSlot EncodeWritten(CubeSource& source, const std::vector<SlotVertex>& vertices, size_t length,
                          const EncodeSettings& settings) {
  uint8_t* const plain = ThreadScratch().plaintext();
  const auto written = std::count_if(vertices.begin(), vertices.end(), [](const SlotVertex& vertex) {
    return vertex.kind == SlotVertex::Kind::Written;
  });
  const WipeAtEnd wipe(plain, static_cast<size_t>(written) * kVertex);
  EncodedSlot slot;
  std::vector<Hash> hashes(vertices.size());
  size_t used = 0;
  try {
    slot.outcome = Collect(source, vertices, length, plain, used, hashes, slot);
  } catch (const Failure& failure) {
    slot.outcome = Outcome::Io(failure.code());
  }
  if (!slot.outcome.ok()) return slot;
  if (used > 0) {
    slot.encoded = EncodeBytes({plain, used}, settings);
    for (size_t i = 0, made = 0; i < vertices.size(); ++i) {
      if ((slot.in_cube >> i & 1) != 0) hashes[i] = slot.encoded.vertex_hashes[made++];
    }
  }
  slot.root = RootOfHashes(hashes.data(), hashes.size());
  return slot;
}

}  // namespace sherin
