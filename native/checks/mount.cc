#include "mount.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>

#include "../failure.h"
#include "check.h"
#include "server.h"

/** A session that is destroyed without being closed leaves its mount alone, and libfuse 3 the path of it. */
extern "C" const char* __lsan_default_suppressions() { return "leak:fuse_session_mount\n"; }
extern "C" const char* __lsan_default_options() { return "print_suppressions=0"; }

namespace sherin::checks {
namespace {

/** Threads that read files through the kernel, small and large, at random and in order, each byte compared. */
class Readers {
 public:
  Readers(const std::vector<File>& files, const MountPoint& at, std::initializer_list<int> allowed)
      : files_(files), at_(at), allowed_(allowed) {
    for (unsigned seed = 0; seed < 4; ++seed) threads_.emplace_back([this, seed] { Run(seed); });
  }
  ~Readers() { End(); }

  void End() {
    ending_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  /** Reads that gave bytes. */
  size_t good() const { return good_; }
  void AwaitGood(size_t count) const {
    for (const size_t until = good_ + count; good_ < until;) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

 private:
  static constexpr size_t kLargest = kCube + kBlock;

  void Run(unsigned seed) {
    std::mt19937 random(seed);
    const std::unique_ptr<uint8_t, void (*)(void*)> memory(static_cast<uint8_t*>(aligned_alloc(kBlock, kLargest)), free);
    while (!ending_) {
      const File& file = files_[random() % files_.size()];
      const bool direct = random() % 3 == 0;
      const Descriptor fd(open(at_.Of(file).c_str(), O_RDONLY | O_CLOEXEC | (direct ? O_DIRECT : 0)));
      if (!fd.valid()) {
        Failed();
        continue;
      }
      for (size_t round = random() % 20; round > 0 && !ending_; --round) {
        ReadOnce(file, fd.get(), memory.get(), random);
      }
    }
  }

  void ReadOnce(const File& file, int fd, uint8_t* out, std::mt19937& random) {
    const size_t most = random() % 4 == 0 ? kLargest : random() % 2 == 0 ? 3 * kBlock : 1;
    const size_t size = RoundUp(random() % most + 1, kBlock), at = random() % file.content.size() / kBlock * kBlock;
    const ssize_t got = pread(fd, out, size, static_cast<off_t>(at));
    if (got < 0) {
      Failed();
      return;
    }
    const size_t expected = std::min(size, file.content.size() - at);
    // A read that runs into a refusal further on is cut short before it.
    CHECK(static_cast<size_t>(got) <= expected && got > 0);
    CHECK(memcmp(out, file.content.data() + at, static_cast<size_t>(got)) == 0);
    ++good_;
  }

  void Failed() {
    const int error = errno;
    if (std::find(allowed_.begin(), allowed_.end(), error) == allowed_.end()) {
      std::fprintf(stderr, "a reader met errno %d\n", error);
      std::_Exit(1);
    }
  }

  const std::vector<File>& files_;
  const MountPoint& at_;
  const std::vector<int> allowed_;
  std::atomic<bool> ending_{false};
  std::atomic<size_t> good_{0};
  std::vector<std::thread> threads_;
};

int ErrnoOfRead(int fd) {
  uint8_t byte = 0;
  return pread(fd, &byte, 1, 0) < 0 ? errno : 0;
}

/** Locked and unlocked, dropped and taken back while it is read; locked is locked once lock has returned. */
void Locks(Vault& vault, const std::vector<File>& files, size_t rounds) {
  const auto source = vault.Source(8 * kVertex);
  const MountPoint at;
  Server server(files, source, {}, at);
  const int held = open(at.Of(files[3]).c_str(), O_RDONLY | O_CLOEXEC);
  CHECK(held >= 0);
  Readers readers(files, at, {EACCES});
  std::mt19937 random(5);
  for (size_t round = 0; round < rounds; ++round) {
    readers.AwaitGood(20);
    server.TakeSome(random);
    server.Drop(std::vector<uint64_t>{2 + random() % files.size(), 999});
    source->Drop(files.back().slots[1][0].cube.id);
    readers.AwaitGood(20);
    source->Stop();
    source->WaitAndClear();
    server.TakeAll();
    server.Drop(std::nullopt);
    CHECK(ErrnoOfRead(held) == EACCES);
    source->Resume(vault.settings.keys);
    CHECK(ErrnoOfRead(held) == 0);
  }
  readers.End();
  close(held);
  at.Unmount(false);
  server.AwaitEnd();
  server.End();
  CHECK(server.late() == 0);
}

/** A refused cube is given out no more once the kernel has dropped it, and everything else is. */
void Refusals(Vault& vault, const std::vector<File>& files, size_t rounds) {
  const auto source = vault.Source(8 * kVertex);
  const MountPoint at;
  Server server(files, source, {}, at);
  const File& file = files.back();
  const Descriptor fd(open(at.Of(file).c_str(), O_RDONLY | O_CLOEXEC));
  Readers readers(files, at, {EACCES});
  for (size_t round = 0; round < rounds; ++round) {
    readers.AwaitGood(20);
    source->Refuse(file.slots[0][0].cube.id);
    server.Drop(std::vector<uint64_t>{files.size() + 1});
    CHECK(ErrnoOfRead(fd.get()) == EACCES);
    source->Allow(file.slots[0][0].cube.id);
    CHECK(ErrnoOfRead(fd.get()) == 0);
  }
  readers.End();
  at.Unmount(true);
  std::vector<uint8_t> out(kCube);
  CHECK(pread(fd.get(), out.data(), out.size(), 2 * kCube) == static_cast<ssize_t>(kCube));
  CHECK(memcmp(out.data(), file.content.data() + 2 * kCube, kCube) == 0);
  server.Drop(std::nullopt);
}

/** Answers that come when the deadline has given them already find nobody. */
void LateAnswers(Vault& vault, const std::vector<File>& files) {
  const auto source = vault.Source(8 * kVertex);
  const MountPoint at;
  Server server(files, source, {std::chrono::milliseconds(25), std::chrono::milliseconds(50)}, at);
  {
    Readers readers(files, at, {ETIMEDOUT, EACCES});
    for (int round = 0; round < 10 || server.late() < 10; ++round) {
      server.TakeAll();
      server.Drop(std::nullopt);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  at.Unmount(true);
  server.AwaitEnd();
  server.End();
}

/** The end comes under load: whoever waits is answered, by the session or by the kernel. */
void Ends(Vault& vault, const std::vector<File>& files, size_t rounds) {
  for (size_t round = 0; round < rounds; ++round) {
    const auto source = vault.Source(8 * kVertex);
    const MountPoint at;
    Server server(files, source, {}, at);
    Readers readers(files, at, {ENOTCONN, ECONNABORTED, EIO, ENOENT});
    readers.AwaitGood(20);
    const auto dropped = std::make_shared<std::atomic<size_t>>(0);
    for (int i = 0; i < 10; ++i) {
      server.session().Invalidate(std::nullopt, {}, [dropped] { ++*dropped; });
    }
    if (round % 2 == 0) {
      server.End();
    } else {
      server.Destroy();
    }
    CHECK(*dropped == 10);
    readers.End();
    if (round % 2 > 0) at.Unmount(true);  // closing has undone the other
  }
}

/** Paused while it is read, nothing is lost: what was asked waits. Another session takes part in the connection where it goes by the same parameters. */
void Pauses(Vault& vault, const std::vector<File>& files, size_t rounds) {
  const auto source = vault.Source(8 * kVertex);
  const MountPoint at;
  Server server(files, source, {}, at);
  Readers readers(files, at, {});
  for (size_t round = 0; round < rounds; ++round) {
    readers.AwaitGood(20);
    fuse::Session& session = server.session();
    session.Pause();
    while (!session.pending().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    fuse::Session::State state = session.state();
    CHECK(!state.hello.request.empty() && !state.hello.answer.empty() && !state.lookups.empty());
    if (round % 2 == 0) {
      fuse::Session other({{}, std::chrono::seconds(60), 1}, [](fuse::Call) {}, [] {});
      other.Adopt(dup(session.device()), state);
      CHECK(other.state().lookups.size() == state.lookups.size());
    } else {
      ++state.hello.answer.back();
      fuse::Session other({{}, std::chrono::seconds(60), 1}, [](fuse::Call) {}, [] {});
      bool refused = false;
      try {
        other.Adopt(dup(session.device()), state);
      } catch (const Failure& failure) {
        refused = failure.code() == "EPROTO";
      }
      CHECK(refused);
    }
    session.Resume();
  }
  readers.End();
  at.Unmount(false);
  server.AwaitEnd();
  server.End();
  CHECK(server.late() == 0);
}

/** Mounts, each read once, of which some are never ended in order. */
void Cycles(Vault& vault, const std::vector<File>& files, size_t rounds) {
  const auto source = vault.Source(8 * kVertex);
  const MountPoint at;
  for (size_t round = 0; round < rounds; ++round) {
    Server server(files, source, {}, at);
    {
      const Descriptor fd(open(at.Of(files[0]).c_str(), O_RDONLY | O_CLOEXEC));
      CHECK(ErrnoOfRead(fd.get()) == 0);
    }
    at.Unmount(false);
    if (round % 3 > 0) server.AwaitEnd();
    if (round % 3 > 1) server.End();
  }
  const Server never(files, source, {});
}

}  // namespace

void Mounts() {
  Vault vault;
  const std::vector<File> files = MakeFiles(vault);
  Locks(vault, files, 8);
  Refusals(vault, files, 5);
  LateAnswers(vault, files);
  Ends(vault, files, 4);
  Pauses(vault, files, 12);
  Cycles(vault, files, 9);
}

}  // namespace sherin::checks
