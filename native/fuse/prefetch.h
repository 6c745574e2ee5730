#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "../work/workers.h"
#include "content.h"

namespace sherin::fuse {

/**
 * Fetches, opens and verifies what will be read soon, on threads of its own; what is more than they have room for is left to its
 * reads. Any thread.
 */
class Prefetch {
 public:
  using Contents = std::vector<std::shared_ptr<Content>>;
  /** Hands verified bytes to the kernel's page cache. Runs on the notifier's thread. */
  using Store = std::function<void(uint64_t node, uint64_t offset, const uint8_t* data, size_t size)>;

  Prefetch(Workers& notifier, Store store);

  /** Waits for what is under way, and fetches no more. */
  void Stop() { ahead_.Stop(); }

  /**
   * Fetches files that will be read soon, of one cube each, all from the disk before the first is decrypted; what is at most a vertex is handed to
   * the kernel. A file that does not verify is left to its first read.
   */
  void Expect(Contents contents);
  /** A sequential reader came to `offset`. */
  void Ahead(const std::shared_ptr<Content>& content, uint64_t offset);
  /** A reader at random came to a slot. */
  void Around(const std::shared_ptr<Content>& content, uint64_t slot);
  /** A part of a vertex was read at `offset`, and is cached: hands the rest of it to the kernel. */
  void StoreVertex(const std::shared_ptr<Content>& content, const Part& part, uint64_t offset);

 private:
  struct Group;
  void OpenAhead(const std::shared_ptr<Content>& content, uint64_t first);
  bool FetchSlot(const std::shared_ptr<Content>& content, uint64_t slot);
  void FetchGroup(const std::shared_ptr<Group>& group);
  void ReadGroup(const std::shared_ptr<Group>& group);
  void StoreGroup(const Group& group);

  Workers& notifier_;
  const Store store_;
  Workers ahead_;
};

}  // namespace sherin::fuse
