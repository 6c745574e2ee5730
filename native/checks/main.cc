/** Everything at once, many times: for the sanitizers to look at. */
#include <string.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <random>
#include <set>
#include <thread>

#include "../codec/scrub.h"
#include "../codec/split_read.h"
#include "../failure.h"
#include "../fuse/random_touches.h"
#include "../keys/recovery_key.h"
#include "../memory/arena.h"
#include "begins.h"
#include "check.h"
#include "guard.h"
#include "mount.h"
#include "no_memory.h"
#include "rewrites.h"
#include "together.h"
#include "vault.h"
#include "writes.h"

namespace sherin::checks {
namespace {

/** Blocks of the key arena are given and taken by many threads; they never overlap and come back as zeros. */
void Arenas(size_t rounds) {
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([seed, rounds] {
      std::mt19937 random(seed);
      std::vector<LockedBytes> held;
      for (size_t round = 0; round < rounds; ++round) {
        LockedBytes bytes(random() % 200 + 1);
        for (size_t i = 0; i < bytes.size(); ++i) CHECK(bytes.data()[i] == 0);
        memset(bytes.data(), static_cast<int>(seed) + 1, bytes.size());
        held.push_back(std::move(bytes));
        if (held.size() > 50) held.erase(held.begin() + static_cast<ptrdiff_t>(random() % held.size()));
        const LockedBytes& some = held[random() % held.size()];
        CHECK(some.data()[some.size() - 1] == seed + 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

/** A read through the pool, as CubeReader does it. */
Outcome ReadNow(const std::shared_ptr<CubeSource>& source, Workers& workers, const ReadRequest& request) {
  std::mutex mutex;
  std::condition_variable ended;
  bool done = false;
  Outcome result;
  SplitRead(source, workers, request, [&](Outcome outcome) {
    const std::lock_guard<std::mutex> lock(mutex);
    result = std::move(outcome);
    done = true;
    ended.notify_one();
  });
  std::unique_lock<std::mutex> lock(mutex);
  ended.wait(lock, [&] { return done; });
  return result;
}

/** Readers, prefetches, drops, stops and resumes at the same time, with less cache than content. */
void Readers(Vault& vault, size_t rounds, bool whole_cubes) {
  std::vector<Vault::Cube> cubes;
  for (const size_t size : {size_t{1}, size_t{5000}, size_t{65536}, size_t{200000}, kCube, kCube - 1}) {
    cubes.push_back(vault.Store(size));
  }
  cubes.push_back(vault.Store(70000, PadMode::Cube));
  const auto source = vault.Source(20 * kVertex, whole_cubes);
  Workers workers(3);
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 3; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      std::vector<uint8_t> out(kCube);
      for (size_t round = 0; round < rounds; ++round) {
        const Vault::Cube& cube = cubes[random() % cubes.size()];
        const size_t offset = random() % cube.ref.length;
        const size_t length = random() % (cube.ref.length - offset) + 1;
        ReadRequest request{cube.ref, {offset, length}, out.data()};
        request.fresh = random() % 10 == 0;
        if (random() % 5 == 0) {
          workers.SubmitIdle([source, ref = cube.ref] { static_cast<void>(source->Read(ref, {0, ref.length}, nullptr)); }, 8);
        }
        if (random() % 20 == 0) source->Drop(cube.ref.id);
        const bool cached = source->ReadCached(cube.ref, request.range, out.data());
        const Outcome outcome = cached ? Outcome{} : ReadNow(source, workers, request);
        CHECK(outcome.ok());
        CHECK(memcmp(out.data(), cube.content.data() + offset, length) == 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  workers.Stop();
  source->Stop();
  source->WaitAndClear();
  CHECK(source->usage().cached == 0);
}

/** Stopping while reads run: each ends, with the content or with EWIPED. */
void Stops(Vault& vault, size_t rounds) {
  const Vault::Cube cube = vault.Store(kCube);
  const auto source = vault.Source(8 * kVertex);
  Workers workers(3);
  std::atomic<bool> ending{false};
  std::thread reader([&] {
    std::vector<uint8_t> out(kCube);
    while (!ending) {
      const Outcome outcome = ReadNow(source, workers, {cube.ref, {0, kCube}, out.data()});
      CHECK(outcome.ok() || (outcome.fault == Fault::Io && outcome.error == "EWIPED"));
    }
  });
  for (size_t round = 0; round < rounds; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
    source->Stop();
    source->WaitAndClear();
    source->Resume(vault.settings.keys);
  }
  ending = true;
  reader.join();
}

/** A flipped bit anywhere is found or lies in the signature, and nothing is given out. */
void Faults(Vault& vault, size_t rounds) {
  const Vault::Cube cube = vault.Store(150000);
  std::mt19937 random(7);
  std::vector<uint8_t> out(cube.ref.length);
  for (size_t round = 0; round < rounds; ++round) {
    const size_t at = random() % (kHeader + 150000);
    vault.Flip(cube.ref, at);
    const auto source = vault.Source(4 * kVertex);
    const Outcome read = source->Read(cube.ref, {0, cube.ref.length}, out.data());
    const bool signature = at >= field::kSignature && at < field::kReserved;
    CHECK(read.ok() == signature);
    uint8_t key[32];
    vault.settings.keys->PublicKey(key);
    CHECK(!Scrub(vault.settings.vault, cube.ref.id, vault.settings.uuid.data(), key).ok());
    CHECK(source->Verify(cube.ref, key).ok() == false);
    vault.Flip(cube.ref, at);
  }
  CHECK(vault.Source(0)->Verify(cube.ref, nullptr).ok());
}

/** What is fetched for readers at random: nothing at first, then two slots more with each, of the same group, and none twice. */
void Touches(size_t rounds) {
  using fuse::RandomTouches;
  std::mt19937 random(5);
  for (size_t round = 0; round < rounds; ++round) {
    RandomTouches touches;
    std::vector<uint64_t> order(RandomTouches::kGroup);
    std::iota(order.begin(), order.end(), RandomTouches::kGroup * (random() % 1000));
    std::shuffle(order.begin(), order.end(), random);
    std::set<uint64_t> read, fetched;
    for (const uint64_t slot : order) {
      const RandomTouches::Next next = touches.Touch(slot);
      CHECK(next.first == read.empty());
      read.insert(slot);
      CHECK(next.more.empty() || read.size() > RandomTouches::kGroup / 8);
      CHECK(next.more.size() <= 2);
      for (const uint64_t more : next.more) {
        CHECK(more / RandomTouches::kGroup == slot / RandomTouches::kGroup);
        CHECK(read.count(more) == 0 && fetched.insert(more).second);
      }
      CHECK(touches.Touch(slot).more.empty() && !touches.Touch(slot).first);
    }
    CHECK(fetched.size() > RandomTouches::kGroup / 2);
  }
}

/** The parser of recovery keys, with text of every kind. */
void RecoveryKeys(size_t rounds) {
  std::mt19937 random(3);
  for (size_t round = 0; round < rounds; ++round) {
    std::vector<uint8_t> text(random() % 100);
    for (uint8_t& byte : text) byte = static_cast<uint8_t>(random() % 4 == 0 ? random() : "abcxyz2347-\n "[random() % 13]);
    try {
      CHECK(ParseRecoveryKey({text.data(), text.size()}).size() == 32);
    } catch (const Failure& failure) {
      CHECK(failure.code() == "EINVAL" || failure.code() == "ECHECKSUM");
    }
  }
}

}  // namespace
}  // namespace sherin::checks

int main() {
  using namespace sherin::checks;
  Guard::Start();
  Arenas(2000);
  RecoveryKeys(2000);
  Touches(200);
  Vault vault;
  Readers(vault, 50, false);
  Readers(vault, 20, true);
  Stops(vault, 20);
  Faults(vault, 30);
  Begins(vault, 20);
  NoMemory(vault);
  Together(vault, 200);
  Mounts();
  RewritesMeet(vault, 30);
  RewritesOnAHungDisk(vault);
  Writes(vault);
  std::puts("all checks passed");
}
