#include "opened_cube.h"

#include <openssl/crypto.h>
#include <string.h>

#include <algorithm>

#include "../failure.h"
#include "merkle.h"
#include "sealed_part.h"

namespace sherin {
namespace {

uint32_t BitsOf(Wanted wanted) { return ((uint32_t{1} << wanted.count) - 1) << wanted.first; }

}  // namespace

Outcome OpenedCube::Open(int vault, const CubeRef& ref, const KeySet& keys, Access access,
                         std::shared_ptr<OpenedCube>& out, Wanted wanted) {
  CubeFile file;
  Outcome outcome = OpenCubeFile(vault, ref.id.data(), access, file, wanted);
  if (outcome.fault == Fault::Newer && IsOfThisFormat(std::move(file), ref.id.data(), keys)) {
    return {Fault::Malformed, std::nullopt, "", outcome.inode};
  }
  if (outcome.ok()) outcome = OpenSealed(std::move(file), ref, keys, out);
  if (outcome.ok()) out->asked_ = BitsOf(wanted);
  return outcome;
}

bool OpenedCube::IsOfThisFormat(CubeFile&& file, const uint8_t id[32], const KeySet& keys) {
  if (!AsThisFormat(file, id)) return false;
  std::shared_ptr<OpenedCube> opened;
  return OpenOwn(std::move(file), keys, opened).fault != Fault::Sealed;
}

Outcome OpenedCube::OpenSealed(CubeFile&& file, const CubeRef& ref, const KeySet& keys,
                               std::shared_ptr<OpenedCube>& out) {
  std::unique_ptr<Gcm> gcm;
  return OpenSealed(std::move(file), ref, keys, out, gcm);
}

Outcome OpenedCube::OpenSealed(CubeFile&& file, const CubeRef& ref, const KeySet& keys, std::shared_ptr<OpenedCube>& out,
                               std::unique_ptr<Gcm>& gcm) {
  std::shared_ptr<OpenedCube> cube;
  Outcome outcome = OpenKeyed(std::move(file), ref, keys, cube);
  if (!outcome.ok()) return outcome;
  CubeRef found{};
  gcm = cube->NewGcm();
  outcome = cube->ReadSealedPart(*gcm, found);
  if (!outcome.ok()) return outcome;
  const bool equal = CRYPTO_memcmp(found.root.data(), ref.root.data(), ref.root.size()) == 0 && found.length == ref.length;
  if (!equal) return cube->At(Fault::Root);
  out = std::move(cube);
  return {};
}

Outcome OpenedCube::OpenOwn(CubeFile&& file, const KeySet& keys, std::shared_ptr<OpenedCube>& out) {
  CubeRef ref{};
  memcpy(ref.id.data(), file.view().id(), ref.id.size());
  std::shared_ptr<OpenedCube> cube;
  Outcome outcome = OpenKeyed(std::move(file), ref, keys, cube);
  if (outcome.ok()) outcome = cube->ReadSealedPart(*cube->NewGcm(), cube->ref_);
  if (outcome.ok()) out = std::move(cube);
  return outcome;
}

/** An epoch that the vault has no key of opens no sealed part. */
Outcome OpenedCube::OpenKeyed(CubeFile&& file, const CubeRef& ref, const KeySet& keys,
                              std::shared_ptr<OpenedCube>& out) {
  const HeaderView view = file.view();
  if (!keys.HasEpoch(view.epoch())) return {Fault::Sealed, std::nullopt, "", file.inode};
  LockedBytes key = keys.CubeKey(view.salt(), view.id(), view.epoch());
  out.reset(new OpenedCube(std::move(file), ref, std::move(key)));
  return {};
}

Outcome OpenedCube::ReadSealedPart(Gcm& gcm, CubeRef& found) {
  const HeaderView view = file_.view();
  SealedPart part;
  if (!gcm.Open(Nonce::Of(kSealedNonce), {view.bytes(), kSealedAad}, view.sealed(), kSealedSize, part.bytes,
                      view.sealed_tag())) {
    return At(Fault::Sealed);
  }
  const uint32_t length = part.length();
  if (length < 1 || length > kCube || !part.reserved_is_zero()) return At(Fault::Sealed);
  const size_t vertices = VerticesOf(length);
  const Stored expected = StoredOf(length, view.pad()), stored = view.stored();
  if (expected.count != stored.count || expected.last != stored.last) return At(Fault::Malformed);
  if (!IsZero(part.hash(vertices), (kVertices - vertices) * sizeof(Hash))) return At(Fault::Sealed);
  for (size_t i = 0; i < kVertices; ++i) memcpy(vertex_hashes_[i].data(), part.hash(i), sizeof(Hash));
  found.root = RootOfHashes(vertex_hashes_.data(), vertices);
  found.length = length;
  return {};
}

std::unique_ptr<Gcm> OpenedCube::NewGcm() const { return std::make_unique<Gcm>(Gcm::Direction::Open, key_.bytes()); }

void OpenedCube::Ask(Wanted wanted) {
  const uint32_t bits = BitsOf(wanted);
  if ((asked_ & bits) == bits) return;
  const uint32_t fresh = bits & ~asked_.fetch_or(bits);
  for (size_t first = 0; first < kVertices;) {
    size_t count = 0;
    while (first + count < kVertices && (fresh >> (first + count) & 1) != 0) ++count;
    if (count > 0) AskFor(file_, {first, count});
    first += count + 1;
  }
}

size_t OpenedCube::PlainSize(size_t vertex) const {
  const size_t start = vertex * kVertex;
  return start >= ref_.length ? 0 : std::min<size_t>(kVertex, ref_.length - start);
}

Outcome OpenedCube::DecryptVertex(Gcm& gcm, size_t vertex, const uint8_t* ciphertext, uint8_t* plain) const {
  const HeaderView view = file_.view();
  const size_t stored = StoredSize(view, vertex), size = PlainSize(vertex);
  const Bytes aad{view.bytes(), kVertexAad};
  if (!gcm.Open(Nonce::Of(static_cast<uint32_t>(vertex)), aad, ciphertext, stored, plain, view.tag(vertex))) {
    return OfVertex(Fault::Tag, vertex, plain);
  }
  if (!IsZero(plain + size, stored - size)) return OfVertex(Fault::Padding, vertex, plain);
  return {};
}

bool OpenedCube::HasHash(size_t vertex, const Hash& hash) const {
  return CRYPTO_memcmp(hash.data(), vertex_hashes_[vertex].data(), hash.size()) == 0;
}

Outcome OpenedCube::OpenVertex(Gcm& gcm, size_t vertex, const uint8_t* ciphertext, uint8_t* plain) const {
  const Outcome outcome = DecryptVertex(gcm, vertex, ciphertext, plain);
  if (!outcome.ok()) return outcome;
  // A vertex that is padding only has hash zero; ReadSealedPart checked that, the padding rule covers its bytes.
  const size_t size = PlainSize(vertex);
  if (size > 0 && !HasHash(vertex, VertexHash({plain, size}))) return OfVertex(Fault::Leaf, vertex, plain);
  return {};
}

Outcome OpenedCube::OfVertex(Fault fault, size_t vertex, uint8_t* plain) const {
  explicit_bzero(plain, StoredSize(file_.view(), vertex));
  return {fault, static_cast<uint32_t>(vertex), "", file_.inode};
}

}  // namespace sherin
