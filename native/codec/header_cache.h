#pragma once
#include <condition_variable>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "opened_cube.h"

namespace sherin {

/**
 * Opened cubes, least recently used out first. Each keeps its descriptor: header and vertices come from one file even when
 * another is renamed into its place. Any thread.
 */
class HeaderCache {
 public:
  /** `limit` cubes, each one descriptor and one locked key. */
  explicit HeaderCache(size_t limit) : limit_(limit) {}

  /** Of those who want one cube at one time the first opens it, and the others take what it met. */
  struct Claim {
    CubeRef ref;
    bool over = false;
    Outcome outcome;
  };

  struct Found {
    std::shared_ptr<OpenedCube> cube;
    /** Where another thread has just failed to open it. */
    Outcome outcome;
    /** Where the caller is to open it (absent, or opened under another root or length); it calls Release at the end. */
    std::shared_ptr<Claim> claim;
  };

  /** Waits while another thread opens the cube. */
  Found FindOrClaim(const CubeRef& ref);
  void Release(const std::shared_ptr<Claim>& claim, Outcome outcome);
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
  std::unordered_map<Hash, std::shared_ptr<Claim>, HashHash> claims_;
};

}  // namespace sherin
