#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "../codec/cube_source.h"
#include "../codec/encode.h"

namespace sherin::checks {

/** A vault directory of cubes that ends with the object. */
class Vault {
 public:
  Vault();
  ~Vault();

  struct Cube {
    CubeRef ref;
    std::vector<uint8_t> content;
  };

  /** Encodes random content and renames it into place. */
  Cube Store(size_t size, PadMode pad = PadMode::Block);
  /** Renames a temporary into place. */
  void Place(const Encoded& encoded) const;
  std::filesystem::path PathOf(const CubeRef& cube) const;
  /** Changes one bit of a stored cube in place. */
  void Flip(const CubeRef& cube, size_t at) const;
  std::shared_ptr<CubeSource> Source(size_t cache_bytes, bool whole_cubes = false) const;

  EncodeSettings settings;

 private:
  std::filesystem::path folder_;
  Descriptor fd_;
};

}  // namespace sherin::checks
