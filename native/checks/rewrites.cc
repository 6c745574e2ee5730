#include "rewrites.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "../journal/rewrites.h"
#include "check.h"

namespace {
std::atomic<bool> disk_hangs{false};
}  // namespace

/** In place of that of libc: a disk that does not answer, as long as it is told to. */
extern "C" int fdatasync(int fd) {
  while (disk_hangs) usleep(1000);
  return fsync(fd);
}

namespace sherin::checks {
namespace {

constexpr uint64_t kWriters = 3;

/** Takes the first blocks that are held; each says who wrote it and which of theirs it is. */
void Take(Rewrites& rewrites, const Rewrites::State& state, size_t count, std::vector<uint64_t>& next) {
  std::vector<uint8_t> bytes(Rewrites::kBlock);
  for (size_t i = 0; i < count; ++i) {
    CHECK(rewrites.Copy(i, bytes.data()));
    const uint64_t writer = state.offsets[i] / Rewrites::kBlock;
    CHECK(writer < kWriters);
    const auto expected = static_cast<uint8_t>(next[writer]++);
    CHECK(std::all_of(bytes.begin(), bytes.end(), [expected](uint8_t byte) { return byte == expected; }));
  }
  rewrites.Release(count);
}

}  // namespace

void RewritesMeet(Vault& vault, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    Rewrites::Place place;
    place.capacity = uint64_t{64} << 20;
    Descriptor segment(memfd_create("segment", MFD_CLOEXEC));
    CHECK(segment.valid());
    Rewrites rewrites(*vault.settings.keys, std::move(segment), place, {1, 0, kWriters * Rewrites::kBlock, 0});
    std::vector<uint64_t> written(kWriters), next(kWriters);
    std::atomic<bool> revoked{false};
    std::vector<std::thread> threads;
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      threads.emplace_back([&, writer] {
        while (!revoked) {
          const std::vector<uint8_t> bytes(Rewrites::kBlock, static_cast<uint8_t>(written[writer]));
          if (rewrites.Write(writer * Rewrites::kBlock, bytes.data(), bytes.size())) ++written[writer];
          if (written[writer] % 2 == 0) rewrites.Sync();
        }
      });
    }
    for (size_t look = 0; look < 20; ++look) {
      const Rewrites::State state = rewrites.Look();
      Take(rewrites, state, state.told, next);
      std::this_thread::yield();
    }
    const Rewrites::State last = rewrites.Revoke();
    revoked = true;
    for (std::thread& thread : threads) thread.join();
    CHECK(!last.failed && last.told <= last.offsets.size());
    Take(rewrites, last, last.offsets.size(), next);
    CHECK(next == written);
    CHECK(!rewrites.Sync() && rewrites.Revoke().offsets.empty());
  }
}

void RewritesOnAHungDisk(Vault& vault) {
  Rewrites::Place place;
  place.capacity = uint64_t{1} << 20;
  Descriptor segment(memfd_create("segment", MFD_CLOEXEC));
  Rewrites rewrites(*vault.settings.keys, std::move(segment), place, {1, 0, Rewrites::kBlock, 0});
  const std::vector<uint8_t> bytes(Rewrites::kBlock, 7);
  CHECK(rewrites.Write(0, bytes.data(), bytes.size()));
  disk_hangs = true;
  std::atomic<bool> synced{true};
  std::thread syncing([&] { synced = rewrites.Sync(); });
  while (rewrites.Look().place.index == 0) std::this_thread::yield();
  const Rewrites::State last = rewrites.Revoke();
  CHECK(last.failed && last.offsets.size() == 1);
  rewrites.Release(1);
  disk_hangs = false;
  syncing.join();
  CHECK(!synced);
}

}  // namespace sherin::checks
