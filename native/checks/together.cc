#include "together.h"

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

#include "../codec/header_cache.h"
#include "../fuse/grants.h"
#include "../fuse/known_nodes.h"
#include "../work/workers.h"
#include "check.h"

namespace sherin::checks {
namespace {

/** JavaScript is told of an open before whoever takes back what was prepared goes on: so none goes without a record. */
void OpensAreToldOf(Vault& vault, size_t rounds) {
  constexpr uint64_t kNode = 2;
  const Vault::Cube cube = vault.Store(5000);
  const auto source = vault.Source(4 * kVertex);
  fuse::Grants grants;
  std::atomic<bool> ending{false}, withdrawn{true};
  std::atomic<size_t> told{0};
  std::vector<std::thread> openers;
  for (int i = 0; i < 3; ++i) {
    openers.emplace_back([&] {
      while (!ending) {
        const uint64_t handle = grants.Open(kNode, [&](uint64_t) {
          CHECK(!withdrawn);
          std::this_thread::yield();
          CHECK(!withdrawn);
          ++told;
        });
        if (handle == 0) std::this_thread::yield();
      }
    });
  }
  for (size_t round = 0; round < rounds; ++round) {
    const size_t before = told;
    withdrawn = false;
    grants.Prepare(std::make_shared<fuse::Content>(source, kNode, cube.ref.length));
    while (told == before) std::this_thread::yield();
    grants.Withdraw(nullptr);
    withdrawn = true;
  }
  ending = true;
  for (std::thread& opener : openers) opener.join();
}

/** What throws in the background ends nothing. */
void IdleWorkThrows() {
  Workers workers(1);
  CHECK(workers.SubmitIdle([] { throw std::runtime_error("no memory"); }, 1));
  std::promise<void> after;
  workers.Submit([&] { after.set_value(); });
  after.get_future().wait();
}

/** One thread at a time opens a cube, and what it met is met by all who have waited for it. */
void FailuresAreShared(size_t rounds) {
  const CubeRef ref{{1}, {2}, 5000};
  for (size_t round = 0; round < rounds; ++round) {
    HeaderCache cache(4);
    std::atomic<int> opening{0}, claimed{0}, shared{0};
    const auto ask = [&] {
      const HeaderCache::Found found = cache.FindOrClaim(ref);
      CHECK(found.cube == nullptr);
      if (found.claim == nullptr) {
        CHECK(found.outcome.fault == Fault::Missing);
        ++shared;
        return;
      }
      CHECK(++opening == 1);
      ++claimed;
      std::this_thread::yield();
      --opening;
      Outcome missing;
      missing.fault = Fault::Missing;
      cache.Release(found.claim, missing);
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back(ask);
    for (std::thread& thread : threads) thread.join();
    CHECK(claimed > 0 && claimed + shared == 4);
  }
}

/** That a node is bare is not believed where it may be older than the attribute that was set. */
void BareIsNeverStale() {
  fuse::KnownNodes known;
  const std::vector<uint64_t> nodes{2};
  known.Add(2, true, 5);
  CHECK(known.Bare(2));
  known.Doubt(&nodes, 10);
  CHECK(!known.Bare(2));
  known.Add(2, true, 9);
  CHECK(!known.Bare(2));
  known.Add(2, true, 10);
  CHECK(known.Bare(2));
}

}  // namespace

void Together(Vault& vault, size_t rounds) {
  OpensAreToldOf(vault, rounds);
  IdleWorkThrows();
  FailuresAreShared(rounds);
  BareIsNeverStale();
}

}  // namespace sherin::checks
