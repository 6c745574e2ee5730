#pragma once
#include <condition_variable>
#include <list>
#include <mutex>
#include <utility>
#include <optional>
#include <unordered_map>
#include <vector>

#include "../memory/pages.h"
#include "layout.h"

namespace sherin {

/**
 * A bounded store of verified vertices, oldest out first. An entry is first claimed (one thread decrypts into it, others
 * wait), then published. Freed places are overwritten at once. Any thread; not destroyed while claims or pins live.
 */
class VertexCache {
  struct Entry;
  using Place = std::list<Entry>::iterator;

 public:
  /** Everything that the content depends on: a cube asked for under another root is another entry. */
  struct Key {
    CubeRef cube;
    uint32_t vertex;
    bool operator==(const Key& other) const;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const;
  };

  /** Holds a verified vertex in place. */
  class Pin {
   public:
    Pin(VertexCache* cache, Place place) : cache_(cache), place_(place) {}
    Pin(Pin&& other) noexcept : cache_(std::exchange(other.cache_, nullptr)), place_(other.place_) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin();
    const uint8_t* data() const;

   private:
    VertexCache* cache_;
    Place place_;
  };

  /** The right and duty to fill an entry; gives it up unless published. */
  class Claim {
   public:
    Claim(VertexCache* cache, Place place) : cache_(cache), place_(place) {}
    Claim(Claim&& other) noexcept : cache_(std::exchange(other.cache_, nullptr)), place_(other.place_) {}
    Claim& operator=(Claim&&) = delete;
    ~Claim();
    uint8_t* data() const;
    /** The entry is verified: everyone may read it. */
    void Publish();

   private:
    VertexCache* cache_;
    Place place_;
  };

  enum class State { Ready, Claimed, Busy, Full };
  struct Acquired {
    State state;
    std::optional<Pin> pin;
    std::optional<Claim> claim;
  };

  explicit VertexCache(size_t bytes);
  VertexCache(const VertexCache&) = delete;
  VertexCache& operator=(const VertexCache&) = delete;

  /** The entry when it is there. */
  std::optional<Pin> Find(const Key& key);
  /** The entry, or a claim on it; Busy when another thread fills it, Full when no place can be freed. */
  Acquired Acquire(const Key& key);
  /** Waits while another thread fills the entry. */
  std::optional<Pin> Await(const Key& key);
  /** Forgets vertices of a cube, whatever its root. */
  void Drop(const Hash& id);
  void Clear();

  struct Usage {
    size_t cached, locked;
  };
  Usage usage();

 private:
  struct Entry {
    Key key;
    uint8_t* data = nullptr;
    size_t pins = 0;
    bool loading = true;
    bool doomed = false;  // not in the index any more; freed with the last pin or claim
  };

  std::optional<Pin> PinAt(Place place);
  uint8_t* TakeRoom();
  void Forget(Place place);
  void Free(Place place);

  const size_t limit_;  // vertices
  std::mutex mutex_;
  std::condition_variable filled_;
  std::list<Entry> entries_;  // newest use first
  std::unordered_map<Key, Place, KeyHash> index_;
  std::vector<Pages> slabs_;
  std::vector<uint8_t*> room_;
};

}  // namespace sherin
