#include "begins.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "../codec/scratch.h"
#include "../crypto/random.h"
#include "../system/io.h"
#include "check.h"

namespace sherin::checks {
namespace {

constexpr size_t kThreads = 3;

/** Each thread works once, and one of them ends the last file. */
void WorkTogether(BegunFiles& begun) {
  std::atomic<int> ended{0};
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      if (begun.Work()) ++ended;
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(ended == 1);
}

const Encoded& WholeOf(const BegunFiles& begun, size_t index) {
  const auto& whole = std::get<Begun>(begun.outcomes()[index].value()).whole;
  CHECK(whole.has_value() && whole->kind == Encoded::Kind::Cube);
  return *whole;
}

void BeginAndRead(Vault& vault, const Sources& sources) {
  BegunFiles begun(sources.files(), vault.settings, kThreads);
  WorkTogether(begun);
  const auto source = vault.Source(0);
  for (size_t i = 0; i < begun.count(); ++i) {
    const Encoded& whole = WholeOf(begun, i);
    const std::vector<uint8_t>& content = sources.content(i);
    CHECK(whole.cube.length == content.size());
    if (!whole.temporary.empty()) vault.Place(whole);
    std::vector<uint8_t> out(content.size());
    CHECK(source->Read(whole.cube, {0, out.size()}, out.data()).ok());
    CHECK(out == content);
    uint8_t key[32];
    vault.settings.keys->PublicKey(key);
    CHECK(source->Verify(whole.cube, key).ok());
  }
  BegunFiles again(sources.files(), vault.settings, kThreads);
  WorkTogether(again);
  for (size_t i = 0; i < again.count(); ++i) CHECK(WholeOf(again, i).temporary.empty());
}

/** What was read and padded is gone when the files are encoded. */
void NothingStays(Vault& vault) {
  const Sources sources({1, 4096, 5000, kVertex - 1, kVertex, 300'000});
  BegunFiles begun(sources.files(), vault.settings, 1);
  CHECK(begun.Work());
  const auto is_zero = [](const uint8_t* data, size_t size) {
    return std::all_of(data, data + size, [](uint8_t byte) { return byte == 0; });
  };
  CHECK(is_zero(ThreadScratch().plaintext(), kCube));
  CHECK(is_zero(ThreadScratch().vertex(), kVertex));
}

}  // namespace

Sources::Sources(const std::vector<size_t>& sizes) {
  for (const size_t size : sizes) {
    std::vector<uint8_t>& content = contents_.emplace_back(size);
    Random(content.data(), size);
    content[0] |= 1;  // zeros alone would be a hole
    const Descriptor& fd = fds_.emplace_back(memfd_create("source", MFD_CLOEXEC));
    CHECK(fd.valid() && WriteAt(fd.get(), content.data(), size, 0) == 0);
  }
}

std::vector<SourceFile> Sources::files() const {
  std::vector<SourceFile> files;
  for (const Descriptor& fd : fds_) files.push_back({fd.get(), 7});
  return files;
}

void Begins(Vault& vault, size_t rounds) {
  std::mt19937 random(11);
  for (size_t round = 0; round < rounds; ++round) {
    std::vector<size_t> sizes(random() % 60 + 1);
    for (size_t& size : sizes) size = random() % (random() % 20 == 0 ? 300'000 : 10'000) + 1;
    BeginAndRead(vault, Sources(sizes));
  }
  NothingStays(vault);
  BeginAndRead(vault, Sources(std::vector<size_t>(kThreads * kMostTogether, kVertex)));  // all the room there is
}

}  // namespace sherin::checks
