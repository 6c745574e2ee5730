#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace sherin {

/** Names and meaning as in CubeFault of native/index.ts. */
enum class Fault { None, Missing, Io, Target, Newer, Malformed, Sealed, Root, Tag, Leaf, Padding, Signature };

/** How a check of a cube ended. */
struct Outcome {
  Fault fault = Fault::None;
  std::optional<uint32_t> vertex;
  /** errno name (or EWIPED) of Fault::Io, errno name of Fault::Target. */
  std::string error;
  /** inode number of the file that was checked; 0 when none was opened. */
  uint64_t inode = 0;
  /** format version of Fault::Newer. */
  uint32_t version = 0;

  bool ok() const { return fault == Fault::None; }
  /** Missing for ENOENT, Io otherwise. */
  static Outcome Errno(int error, uint64_t inode = 0);
  static Outcome Io(std::string error, uint64_t inode = 0);
};

}  // namespace sherin
