#pragma once
#include <functional>
#include <cstdint>
#include <list>
#include <memory>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "content.h"

namespace sherin::fuse {

/** Which handles may be read and which nodes opened without JavaScript. Any thread. */
class Grants {
 public:
  /** Lets reads of a handle go on. */
  void Give(uint64_t handle, std::shared_ptr<Content> content);
  /** Null without a grant. */
  std::shared_ptr<Content> Of(uint64_t handle);
  void Revoke(uint64_t handle);

  /** Lets a node be opened, by whomever the kernel lets; only the latest kMostPrepared may. */
  void Prepare(std::shared_ptr<Content> content);
  /**
   * A handle of its own (from kFirstHandle) with a grant of the content that was prepared; 0 when none was. `told` hears of it
   * before anybody can withdraw: who has withdrawn knows of every open that came before.
   */
  uint64_t Open(uint64_t node, const std::function<void(uint64_t handle)>& told);

  /** The next handle that {@link Open} gives: of another process, whose handles go on. */
  uint64_t next();
  void StartAt(uint64_t next);

  /** Takes back what was given and prepared of nodes (null: of all): no byte of it goes to the kernel any more. */
  void Withdraw(const std::vector<uint64_t>* nodes);

  /** JavaScript numbers its handles below. */
  static constexpr uint64_t kFirstHandle = uint64_t{1} << 32;
  static constexpr size_t kMostPrepared = 2048;

 private:
  struct Prepared {
    std::shared_ptr<Content> content;
    std::list<uint64_t>::iterator place;
  };
  /** Revokes it and lets it go; the lock is held. */
  void Drop(uint64_t prepared);

  std::shared_mutex mutex_;
  std::unordered_map<uint64_t, std::shared_ptr<Content>> given_;
  std::unordered_map<uint64_t, Prepared> prepared_;
  /** Their nodes, oldest first. */
  std::list<uint64_t> order_;
  uint64_t next_ = kFirstHandle;
};

}  // namespace sherin::fuse
