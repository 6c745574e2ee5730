#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "../keys/key_set.h"
#include "../memory/locked.h"
#include "../memory/pages.h"
#include "../system/descriptor.h"

namespace sherin {

/**
 * Blocks of one file that programs write anew, and what their fsync(2) appends to the journal, without JavaScript: from when that has
 * granted it until it takes it back, and with it what was written. It grants where an append would say nothing else, and takes back
 * before it changes or looks at anything that this depends on. Any thread.
 */
class Rewrites {
 public:
  static constexpr size_t kBlock = 4096;
  /** Blocks that are held for JavaScript, and those of them that one append takes. */
  static constexpr size_t kMostBlocks = 256;
  static constexpr size_t kMostUntold = 16;

  using Tag = std::array<uint8_t, 16>;
  /** Where the next frame goes (FORMAT.md, "Journal"), and the append in it. */
  struct Place {
    uint64_t at = 0;
    uint64_t capacity = 0;
    std::array<uint8_t, 64> head{};
    std::array<uint8_t, 32> salt{};
    uint64_t segment = 0;
    uint32_t index = 0;
    Tag tag{};
    uint64_t append = 0;
    uint64_t oldest = 0;
    uint64_t next = 0;
  };
  struct File {
    uint64_t inode = 0;
    uint64_t version = 0;
    uint64_t length = 0;
    /** Of the last write, nanoseconds since 1970. */
    int64_t written = 0;
  };
  /** What JavaScript takes over. */
  struct State {
    Place place;
    int64_t written = 0;
    /** Offsets of the blocks that are held, oldest first, and how many of them the journal has. */
    std::vector<uint64_t> offsets;
    size_t told = 0;
    /** Seconds that each sync took. */
    std::vector<double> syncs;
    /** Something could not be written, or not made durable: the journal is of no use any more. */
    bool failed = false;
  };

  /** `segment` is a descriptor of its own. @throws Failure, std::bad_alloc */
  Rewrites(const KeySet& keys, Descriptor segment, const Place& place, const File& file);
  Rewrites(const Rewrites&) = delete;
  Rewrites& operator=(const Rewrites&) = delete;

  /** Takes what was written, whole blocks within the file; false, and nothing taken, where JavaScript has to. */
  bool Write(uint64_t offset, const uint8_t* bytes, size_t size);
  /** All that was written is durable; false where JavaScript has to see to that. */
  bool Sync();
  /** Whether JavaScript is to be told of blocks; true once until it has looked. */
  bool Announce() { return !announced_.exchange(true); }

  /** What is held now. */
  State Look();
  /** As Look, with nothing taken any more: returns when no sync is under way, or when that has hung for seconds, which counts as failed. */
  State Revoke();
  /** Copies block `number` of those that are held. False where there is none. */
  bool Copy(size_t number, uint8_t* target);
  /** Lets go of the first ones that are held. */
  void Release(size_t count);

 private:
  struct Block {
    uint64_t offset;
    size_t room;
  };
  /** Where a sealed frame goes; of no bytes where there was nothing to append. */
  struct Frame {
    uint64_t at = 0;
    size_t size = 0;
    size_t blocks = 0;
  };
  /** Makes the frame; the lock is held. */
  bool Append(Frame& frame);
  void LetGo();
  State StateNow();
  int64_t Now();

  const File file_;

  std::mutex mutex_;
  std::condition_variable quiet_;
  /** Of the segment; empty once this is revoked. */
  LockedBytes key_;
  Descriptor segment_;
  Place place_;
  int64_t written_;
  Pages bytes_;
  Pages frame_;
  /** Of who syncs. */
  std::vector<uint8_t> sealed_;
  std::vector<size_t> free_;
  std::vector<Block> blocks_;
  size_t told_ = 0;
  std::vector<double> syncs_;
  bool syncing_ = false, revoked_ = false, failed_ = false;
  /** One sync at a time: an error is told once, to whoever asks first. */
  std::mutex sync_mutex_;
  std::atomic<bool> announced_{false};
};

}  // namespace sherin
