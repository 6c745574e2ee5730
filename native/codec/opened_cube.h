#pragma once
#include <array>
#include <atomic>
#include <memory>
#include <mutex>

#include "../keys/key_set.h"
#include "cube_file.h"

namespace sherin {

/** A cube whose header is authentic: sealed part opened, root and length equal to what was asked for. Any thread. */
class OpenedCube {
 public:
  /** Opens the file and checks all that comes before vertices. @throws Failure EWIPED */
  static Outcome Open(int vault, const CubeRef& ref, const KeySet& keys, Access access,
                      std::shared_ptr<OpenedCube>& out, Wanted wanted = {});
  /** The same for a file that is open already. */
  static Outcome OpenSealed(CubeFile&& file, const CubeRef& ref, const KeySet& keys, std::shared_ptr<OpenedCube>& out);
  /** The same for who decrypts at once: with the cube's AES-256-GCM. */
  static Outcome OpenSealed(CubeFile&& file, const CubeRef& ref, const KeySet& keys, std::shared_ptr<OpenedCube>& out,
                            std::unique_ptr<Gcm>& gcm);

  /** The same for what nobody has asked for by its root: root and length are those that its sealed part has. */
  static Outcome OpenOwn(CubeFile&& file, const KeySet& keys, std::shared_ptr<OpenedCube>& out);
  /** Whether of one that looks newer the version alone was changed: with the one that was signed, the sealed part opens. */
  static bool IsOfThisFormat(CubeFile&& file, const uint8_t id[32], const KeySet& keys);

  const CubeFile& file() const { return file_; }
  const CubeRef& ref() const { return ref_; }
  /** AES-256-GCM of this cube, for one thread. */
  std::unique_ptr<Gcm> NewGcm() const;
  /** Decrypts one stored vertex to `plain` and checks tag, vertex hash, padding; `plain` is zeroed on a fault. */
  Outcome OpenVertex(Gcm& gcm, size_t vertex, const uint8_t* ciphertext, uint8_t* plain) const;
  /** The first step of that: what was decrypted is not given out before it has the vertex hash. */
  Outcome DecryptVertex(Gcm& gcm, size_t vertex, const uint8_t* ciphertext, uint8_t* plain) const;
  /** Whether the hash of a decrypted vertex is the one that the sealed part has. */
  bool HasHash(size_t vertex, const Hash& hash) const;
  /** Merkle root of a vertex's blocks, as the sealed part has it. */
  const Hash& vertex_hash(size_t vertex) const { return vertex_hashes_[vertex]; }
  /** Has the disk fetch those vertices for which it was not asked before. */
  void Ask(Wanted wanted);
  /** Plaintext bytes of a vertex; 0 for one that is padding only. */
  size_t PlainSize(size_t vertex) const;

  /** Set once every vertex of this very file has verified (`verify=cube`). */
  std::atomic<bool> whole_verified{false};
  /** Held by the one that does it for all who wait for it. */
  std::mutex verifying;

 private:
  OpenedCube(CubeFile&& file, const CubeRef& ref, LockedBytes key)
      : file_(std::move(file)), ref_(ref), key_(std::move(key)) {}
  static Outcome OpenKeyed(CubeFile&& file, const CubeRef& ref, const KeySet& keys, std::shared_ptr<OpenedCube>& out);
  /** Fills in the vertex hashes; `found` gets root and length. */
  Outcome ReadSealedPart(Gcm& gcm, CubeRef& found);
  /** Nothing of what was decrypted is left. */
  Outcome OfVertex(Fault fault, size_t vertex, uint8_t* plain) const;
  Outcome At(Fault fault) const { return {fault, std::nullopt, "", file_.inode}; }

  CubeFile file_;
  CubeRef ref_;
  LockedBytes key_;
  std::array<Hash, kVertices> vertex_hashes_;
  std::atomic<uint32_t> asked_{0};  // a bit a vertex
};

}  // namespace sherin
