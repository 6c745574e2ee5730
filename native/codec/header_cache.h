#pragma once
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "opened_cube.h"

namespace sherin {

/**
 * Opened cubes, least recently used out first. Each keeps its descriptor: header and vertices come from one file even when another is
 * renamed into its place. Any thread.
 */
class HeaderCache {
 public:
  /** `limit` cubes, each one descriptor and one locked key. */
  explicit HeaderCache(size_t limit) : limit_(limit) {}

  /**
   * Waits while another thread opens the cube. Null when absent or opened under another root or length: the caller opens it
   * then, and calls Release at the end whether it could or not.
   */
  std::shared_ptr<OpenedCube> FindOrClaim(const CubeRef& ref);
  void Release(const Hash& id);
  void Put(std::shared_ptr<OpenedCube> cube);
  void Drop(const Hash& id);
  void Clear();

 private:
  using Cubes = std::list<std::shared_ptr<OpenedCube>>;

  std::shared_ptr<OpenedCube> Find(const CubeRef& ref);

  const size_t limit_;
  std::mutex mutex_;
  Cubes cubes_;  // newest use first
  std::unordered_map<Hash, Cubes::iterator, HashHash> index_;
  std::condition_variable released_;
  std::unordered_set<Hash, HashHash> claimed_;
};

}  // namespace sherin
