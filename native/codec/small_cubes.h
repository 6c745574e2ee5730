#pragma once
#include <memory>
#include <vector>

#include "../keys/key_set.h"
#include "opened_cube.h"

namespace sherin {

/**
 * Cubes whose content is at most a vertex, read together and past all caches: the disk is asked for all of them before the first is decrypted, one read
 * brings header and vertex, and their blocks are hashed side by side. One thread at a time.
 */
class SmallCubes {
 public:
  /** As many as are hashed at once. */
  static constexpr size_t kMost = 16;

  explicit SmallCubes(const std::vector<CubeRef>& refs);

  size_t count() const { return cubes_.size(); }
  const CubeRef& ref(size_t index) const { return cubes_[index].ref; }

  /** Opens the files and asks the disk for them. Of what fails nothing will be read. */
  void Ask(int vault);
  /**
   * Decrypts each to its place, with room for a vertex (null: it is left out); returns which of them are there and verified, the places of others are
   * zeroed. With `whole_cubes` one that is padded to more vertices is left out. @throws Failure EWIPED
   */
  std::vector<bool> Read(const KeySet& keys, bool whole_cubes, const std::vector<uint8_t*>& places);

 private:
  struct Cube {
    CubeRef ref;
    CubeFile file;
  };
  static std::shared_ptr<OpenedCube> Decrypt(Cube& cube, const KeySet& keys, bool whole_cubes, uint8_t* place);

  std::vector<Cube> cubes_;
};

}  // namespace sherin
