#include "encode.h"

#include <string.h>

#include <algorithm>
#include <utility>

#include "../memory/wipe.h"
#include "../system/io.h"
#include "../work/attempt.h"
#include "merkle.h"
#include "opened_cube.h"
#include "scratch.h"
#include "temporary.h"
#include "write_cube.h"

namespace sherin {
namespace {

bool IsHole(Bytes data) {
  return data.data[0] == 0 && memcmp(data.data, data.data + 1, data.size - 1) == 0;
}

/**
 * Bytes of the vault's cube of this ID if it can stand for the content at hand, else 0: every stored byte hashes to the ciphertext root,
 * which the sealed part authenticates together with the plaintext root. One that can not is replaced by the content in
 * hand.
 */
uint64_t StoredGood(const CubeRef& cube, const EncodeSettings& settings) {
  CubeFile file;
  Outcome outcome = OpenCubeFile(settings.vault, cube.id.data(), Access::Cached, file);
  if (outcome.fault == Fault::Io && !file.fd.valid()) throw Failure(outcome.error, "open of a cube: " + outcome.error);
  if (!outcome.ok()) return 0;
  const HeaderView view = file.view();
  const Stored shape = view.stored();
  uint8_t* const body = ThreadScratch().ciphertext();
  if (!ReadVertices(file, 0, shape.count - 1, body).ok()) return 0;
  if (!CiphertextMatches(view, {body, shape.body()})) return 0;
  std::shared_ptr<OpenedCube> opened;
  if (!OpenedCube::OpenSealed(std::move(file), cube, *settings.keys, opened).ok()) return 0;
  return kHeader + shape.body();
}

void NameCube(HmacKey& key, const Content& content, Encoded& encoded) {
  CubeRef& cube = encoded.cube;
  cube.root = RootOfHashes(encoded.vertex_hashes.data(), encoded.vertex_hashes.size());
  cube.length = static_cast<uint32_t>(content.data.size);
  uint8_t owner[4], length[4];
  StoreU32(owner, content.owner);
  StoreU32(length, cube.length);
  key.Authenticate({{owner, 4}, {cube.root.data(), cube.root.size()}, {length, 4}}, cube.id.data());
}

/** Hashes and names those that are no holes. */
void NameCubes(const std::vector<Content>& contents, const KeySet& keys, std::vector<Encoded>& encoded) {
  std::vector<Bytes> vertices;
  for (size_t i = 0; i < contents.size(); ++i) {
    const Bytes& data = contents[i].data;
    if (encoded[i].kind == Encoded::Kind::Hole) continue;
    for (size_t at = 0; at < data.size; at += kVertex) vertices.push_back({data.data + at, std::min(kVertex, data.size - at)});
  }
  if (vertices.empty()) return;
  const std::vector<Hash> hashes = RootsOfBlocks(vertices);
  keys.WithHmac(Purpose::CubeId, [&](HmacKey& key) {
    auto next = hashes.begin();
    for (size_t i = 0; i < contents.size(); ++i) {
      if (encoded[i].kind == Encoded::Kind::Hole) continue;
      const auto first = std::exchange(next, next + static_cast<ptrdiff_t>(VerticesOf(contents[i].data.size)));
      encoded[i].vertex_hashes.assign(first, next);
      NameCube(key, contents[i], encoded[i]);
    }
  });
}

/** Writes the cubes that the vault does not have. */
void WriteMissing(const std::vector<Content>& contents, const EncodeSettings& settings, std::vector<EncodedOutcome>& outcomes) {
  std::vector<CubeContent> missing;
  std::vector<EncodedOutcome*> places;
  for (size_t i = 0; i < contents.size(); ++i) {
    const auto* encoded = std::get_if<Encoded>(&outcomes[i]);
    if (encoded == nullptr || encoded->kind == Encoded::Kind::Hole || encoded->stored > 0) continue;
    missing.push_back({contents[i].data, encoded->cube, encoded->vertex_hashes});
    places.push_back(&outcomes[i]);
  }
  if (missing.empty()) return;
  const std::vector<Bytes> files = WriteCubes(missing, settings);
  for (size_t i = 0; i < files.size(); ++i) {
    const auto write = [&] { return WriteTemporary(settings.vault, missing[i].cube.id.data(), files[i]); };
    auto written = Attempt(write);
    if (auto* failure = std::get_if<Failure>(&written)) {
      *places[i] = std::move(*failure);
      continue;
    }
    auto& encoded = std::get<Encoded>(*places[i]);
    encoded.temporary = std::get<std::string>(std::move(written));
    encoded.stored = files[i].size;
  }
}

}  // namespace

std::vector<EncodedOutcome> EncodeTogether(const std::vector<Content>& contents, const EncodeSettings& settings) {
  std::vector<Encoded> encoded;
  for (const Content& content : contents) {
    encoded.push_back({IsHole(content.data) ? Encoded::Kind::Hole : Encoded::Kind::Cube});
  }
  NameCubes(contents, *settings.keys, encoded);
  std::vector<EncodedOutcome> outcomes;
  for (Encoded& one : encoded) {
    const auto look = [&] {
      if (one.kind == Encoded::Kind::Cube) one.stored = StoredGood(one.cube, settings);
      return std::move(one);
    };
    outcomes.push_back(Attempt(look));
  }
  WriteMissing(contents, settings, outcomes);
  return outcomes;
}

Encoded EncodeBytes(Bytes data, const EncodeSettings& settings) {
  EncodedOutcome outcome = std::move(EncodeTogether({{data, settings.owner}}, settings)[0]);
  if (const auto* failure = std::get_if<Failure>(&outcome)) throw *failure;
  return std::get<Encoded>(std::move(outcome));
}

Encoded CutShort(size_t length) {
  Encoded cut{Encoded::Kind::Short};
  cut.cube.length = static_cast<uint32_t>(length);
  return cut;
}

Encoded EncodeDescriptor(int fd, uint64_t offset, size_t length, const EncodeSettings& settings) {
  uint8_t* const plain = ThreadScratch().plaintext();
  const WipeAtEnd wipe(plain, length);
  const int64_t got = ReadAt(fd, plain, length, offset);
  if (got < 0) throw Failure::Errno(static_cast<int>(-got), "pread");
  if (got < static_cast<int64_t>(length)) return CutShort(static_cast<size_t>(got));
  return EncodeBytes({plain, length}, settings);
}

}  // namespace sherin
