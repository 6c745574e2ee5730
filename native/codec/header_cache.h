#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "opened_cube.h"

namespace sherin {

/**
 * Opened cubes, oldest out first. Each keeps its descriptor: header and vertices come from one file even when another is
 * renamed into its place. Any thread.
 */
class HeaderCache {
 public:
  /** `limit` cubes, each one descriptor and one locked key. */
  explicit HeaderCache(size_t limit) : limit_(limit) {}

  /** Null when absent or opened under another root or length. */
  std::shared_ptr<OpenedCube> Find(const CubeRef& ref);
  void Put(std::shared_ptr<OpenedCube> cube);
  void Drop(const Hash& id);
  void Clear();

 private:
  using Cubes = std::list<std::shared_ptr<OpenedCube>>;

  const size_t limit_;
  std::mutex mutex_;
  Cubes cubes_;  // newest use first
  std::unordered_map<Hash, Cubes::iterator, HashHash> index_;
};

}  // namespace sherin
