#include "no_memory.h"

#include <string.h>
#include <unistd.h>

#include <array>
#include <new>
#include <optional>

#include "../memory/locked.h"
#include "begins.h"
#include "check.h"

namespace {

constexpr size_t kNever = SIZE_MAX;
/** How many allocations of this thread are left before one that fails. */
thread_local size_t left = kNever;

}  // namespace

extern "C" {
void* __real__Znwm(size_t size);

/** operator new of all that is compiled here (ld(1), --wrap). */
void* __wrap__Znwm(size_t size) {
  if (left != kNever && left-- == 0) {
    left = kNever;
    throw std::bad_alloc();
  }
  return __real__Znwm(size);
}
}

namespace sherin::checks {
namespace {

/** Seconds after which a check that hangs is ended. */
constexpr unsigned kPatience = 20;

void Read(const std::shared_ptr<CubeSource>& source, const Vault::Cube& cube) {
  std::vector<uint8_t> out(cube.ref.length);
  const CubeSource::Activity activity = source->Enter();
  CHECK(source->Read(cube.ref, {0, cube.ref.length}, out.data()).ok());
  CHECK(memcmp(out.data(), cube.content.data(), out.size()) == 0);
}

/** @returns whether it failed */
bool ReadWithout(size_t allocation, const std::shared_ptr<CubeSource>& source, const Vault::Cube& cube) {
  std::vector<uint8_t> out(cube.ref.length);
  bool failed = false;
  try {
    left = allocation;
    const CubeSource::Activity activity = source->Enter();
    const Outcome outcome = source->Read(cube.ref, {0, cube.ref.length}, out.data());
    failed = left == kNever;
    CHECK(outcome.ok() || failed);
  } catch (const std::bad_alloc&) {
    failed = true;
  }
  left = kNever;
  return failed;
}

/** A key that ends needs no memory: what its destructor threw would be the end of the process. */
void KeysEnd() {
  std::array<std::optional<LockedBytes>, 9> keys;
  for (auto& key : keys) key.emplace(32);
  left = 0;
  for (size_t i = 1; i < keys.size(); i += 2) keys[i].reset();  // neighbours stay: each leaves a gap of its own
  CHECK(left == 0);
  left = kNever;
}

/** @returns whether it failed */
bool BeginWithout(size_t allocation, const Vault& vault, const Sources& sources) {
  BegunFiles begun(sources.files(), vault.settings, 1);
  left = allocation;
  CHECK(begun.Work());
  const bool failed = allocation != kNever && left == kNever;
  left = kNever;
  for (const auto& outcome : begun.outcomes()) {
    const auto* failure = std::get_if<Failure>(&outcome.value());
    CHECK(failure != nullptr ? failed && failure->code() == "ENOMEM" : std::get<Begun>(*outcome).whole.has_value());
  }
  return failed;
}

/** Files that are begun have an outcome each, whatever fails: their thread goes on. */
void FilesBegin(const Vault& vault) {
  const Sources sources({100, 5000, 200'000});
  BeginWithout(kNever, vault, sources);
  size_t allocation = 0;
  while (BeginWithout(allocation, vault, sources)) ++allocation;
  CHECK(allocation > 20);
}

}  // namespace

void NoMemory(Vault& vault) {
  KeysEnd();
  FilesBegin(vault);
  const Vault::Cube cube = vault.Store(200000);
  Read(vault.Source(8 * kVertex), cube);  // what is made once a thread, or once a process
  alarm(kPatience);
  size_t allocation = 0;
  for (;; ++allocation) {
    const auto source = vault.Source(8 * kVertex);
    const bool failed = ReadWithout(allocation, source, cube);
    Read(source, cube);
    source->Stop();
    source->WaitAndClear();
    if (!failed) break;
  }
  alarm(0);
  CHECK(allocation > 5);
}

}  // namespace sherin::checks
