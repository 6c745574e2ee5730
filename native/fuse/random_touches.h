#pragma once
#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sherin::fuse {

/**
 * Where readers at random have been in a file, and what to fetch for them beyond what they asked for. Its slots go in groups
 * of 64. Any thread.
 */
class RandomTouches {
 public:
  /** Slots of a group. */
  static constexpr uint64_t kGroup = 64;

  struct Next {
    /** The group was not touched before. */
    bool first = false;
    /** Slots of the group to fetch now; some may lie past the end of the file. */
    std::vector<uint64_t> more;
  };

  /**
   * A reader came to a slot. Who has been to more than an eighth of a group will come to the rest: each further slot then
   * brings two more. So at most three cubes are fetched for each that was touched, and never many at once.
   */
  Next Touch(uint64_t slot);

 private:
  /** A bit a slot. */
  struct Group {
    uint64_t touched = 0, fetched = 0;
  };
  std::mutex mutex_;
  std::unordered_map<uint64_t, Group> groups_;
};

}  // namespace sherin::fuse
