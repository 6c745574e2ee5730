#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "header_cache.h"
#include "small_cubes.h"
#include "vertex_cache.h"

namespace sherin {

/** A range of a cube's plaintext. */
struct Range {
  size_t offset;
  size_t length;
  size_t first() const { return offset / kVertex; }
  size_t last() const { return (offset + length - 1) / kVertex; }
};

/** Reads and verifies cubes of one vault: the part of CubeReader that knows no JavaScript. Any thread. */
class CubeSource : public std::enable_shared_from_this<CubeSource> {
 public:
  struct Counters {
    std::atomic<uint64_t> hits{0}, misses{0}, decrypted{0}, served{0}, faults{0};
  };

  /** `whole_cubes`: no byte of a cube is given out or cached before every vertex of it has verified. */
  CubeSource(Descriptor vault, size_t cache_bytes, const Uuid& uuid, bool whole_cubes);
  bool whole_cubes() const { return whole_cubes_; }

  /** Copies when everything is cached. */
  bool ReadCached(const CubeRef& ref, Range range, uint8_t* out);
  /** Copies a range (not empty) of verified bytes to `out`; with a null `out` only fills the cache. */
  Outcome Read(const CubeRef& ref, Range range, uint8_t* out);
  /**
   * The same for a reader that will not come back soon: whole vertices that are not cached go to `out` alone.
   */
  Outcome ReadThrough(const CubeRef& ref, Range range, uint8_t* out);
  /** Merkle root of a vertex's blocks, out of the authentic header; of its ciphertext nothing is fetched. */
  Outcome HashOfVertex(const CubeRef& ref, size_t vertex, Hash& out);
  /** Has the disk fetch a cube's ciphertext; a fault is dropped, a later read meets it. */
  void FetchAhead(const CubeRef& ref);
  /** Opens a cube that may be read soon, of its ciphertext nothing is fetched; as FetchAhead. */
  void OpenAhead(const CubeRef& ref);
  /** Has the disk fetch small cubes. */
  void FetchTogether(SmallCubes& cubes) { cubes.Ask(vault_.get()); }
  /** Reads and verifies those of them that are `wanted` into the cache; what fails, or is there already, is left to its first read. Waits for nobody. @throws Failure EWIPED */
  void ReadTogether(SmallCubes& cubes, const std::vector<bool>& wanted);
  /** Past all caches, from a newly opened file, of which every vertex is checked first. */
  Outcome ReadFresh(const CubeRef& ref, Range range, uint8_t* out);
  /** Every vertex, the ciphertext root, and with `public_key` (32 bytes) the signature. */
  Outcome Verify(const CubeRef& ref, const uint8_t* public_key);
  /** Writes verified vertices to a descriptor; after Stop no further one (EWIPED). */
  Outcome Export(const CubeRef& ref, Range range, int fd, uint64_t at);

  void Drop(const Hash& id);
  /** Gives out nothing of a cube in quarantine any more; what is cached of it is wiped. */
  void Refuse(const Hash& id);
  /** Its good copy is in place. */
  void Allow(const Hash& id);
  bool Refused(const Hash& id);
  /** Forgets the keys; reads fail with EWIPED from now on. */
  void Stop();
  /** Waits some seconds for reads in progress, then wipes the caches; what a slower one leaves is wiped at its end. */
  void WaitAndClear();
  void Resume(std::shared_ptr<KeySet> keys);

  const Counters& counters() const { return counters_; }
  VertexCache::Usage usage() { return vertices_.usage(); }

  /** Held by an operation from its submission to its end; keeps the source alive. */
  using Activity = std::shared_ptr<void>;
  Activity Enter();

 private:
  std::shared_ptr<KeySet> Keys();
  uint64_t Stops();
  void Forget();
  /** A cube with an authentic header; the disk is asked for what is wanted of its ciphertext. */
  Outcome Opened(const CubeRef& ref, Wanted wanted, std::shared_ptr<OpenedCube>& out);
  /** The same, ready to be given out: the one place that asks for whole cubes. */
  Outcome Readable(const CubeRef& ref, Range range, std::shared_ptr<OpenedCube>& out);
  void Ahead(const CubeRef& ref, Wanted wanted);
  Outcome VerifyWhole(OpenedCube& cube);
  /** Decrypts vertices one by one, without caches, for `each(vertex, plain)`. */
  template <typename Each>
  Outcome ForEachVertex(const OpenedCube& cube, size_t first, size_t last, Each each);
  Outcome Load(const OpenedCube& cube, Range range, uint8_t* out);
  Outcome LoadThrough(const OpenedCube& cube, Range range, uint8_t* out);
  /** Vertices from `first` up to `end`, each 64 KiB long, straight to `out`. */
  Outcome LoadWholes(const OpenedCube& cube, size_t first, size_t end, uint8_t* out);
  Outcome LoadRun(const OpenedCube& cube, size_t first, std::vector<VertexCache::Claim>& claims, Range range,
                  uint8_t* out);

  const Descriptor vault_;
  const Uuid uuid_;
  const bool whole_cubes_;
  VertexCache vertices_;
  HeaderCache headers_;
  Counters counters_;

  std::mutex mutex_;
  std::condition_variable quiet_;
  std::shared_ptr<KeySet> keys_;
  std::unordered_set<Hash, HashHash> refused_;
  size_t active_ = 0;
  uint64_t stops_ = 0;
};

}  // namespace sherin
