#include "writes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "check.h"
#include "server.h"

namespace sherin::checks {
namespace {

/** Files that are made when they are written, in memory; answers on the server's thread. */
class Sink {
 public:
  enum class Kind { Answers, ChecksWiping, Ignores };
  explicit Sink(Kind kind) : kind_(kind) {}

  bool Answer(fuse::Session& session, const fuse::Call& call) {
    using fuse::Op;
    switch (call.op) {
      case Op::Create:
        return Create(session, call);
      case Op::Write:
        return Write(session, call);
      case Op::Read:
        return call.node >= kFirst && Read(session, call);
      case Op::Getattr:
      case Op::Setattr:
        return call.node >= kFirst && Attributes(session, call);
      case Op::Fallocate:
        fallocated_ = call.size;
        return Done(session, call);
      case Op::Flush:
      case Op::Fsync:
        return Done(session, call);
      case Op::Getxattr:
        ++asked_;
        if (const fuse_req_t request = session.pending().Take(call.id)) fuse_reply_err(request, ENODATA);
        return true;
      case Op::Release:
        return call.node >= kFirst;
      default:
        return false;
    }
  }

  const std::vector<uint8_t>& Content(size_t file) { return contents_[kFirst + file]; }
  size_t writes() const { return writes_; }
  /** Questions for extended attributes. */
  size_t asked() const { return asked_; }
  uint64_t fallocated() const { return fallocated_; }
  /** Where the data of the latest write was, and its number. */
  const uint8_t* seen() const { return seen_; }
  uint64_t id() const { return id_; }

 private:
  static constexpr uint64_t kFirst = 1000;

  fuse_entry_param EntryFor(uint64_t node) {
    fuse_entry_param entry{};
    entry.ino = node;
    entry.attr_timeout = entry.entry_timeout = 86'400;
    entry.attr.st_ino = node;
    entry.attr.st_mode = S_IFREG | 0600;
    entry.attr.st_nlink = 1;
    entry.attr.st_uid = getuid();
    entry.attr.st_gid = getgid();
    entry.attr.st_size = static_cast<off_t>(contents_[node].size());
    return entry;
  }

  static bool Done(fuse::Session& session, const fuse::Call& call) {
    if (const fuse_req_t request = session.pending().Take(call.id)) fuse_reply_err(request, 0);
    return true;
  }

  bool Create(fuse::Session& session, const fuse::Call& call) {
    CHECK(call.name.size() == 2 && call.more.size() == 2);
    const uint64_t node = kFirst + static_cast<uint64_t>(call.name[1] - '0');
    const fuse_entry_param entry = EntryFor(node);
    fuse_file_info file{};
    file.fh = node;
    file.keep_cache = 1;
    const fuse_req_t request = session.pending().Take(call.id);
    CHECK(request != nullptr);
    session.known().Add(node, false, call.id);
    CHECK(fuse_reply_create(request, &entry, &file) == 0);
    return true;
  }

  bool Attributes(fuse::Session& session, const fuse::Call& call) {
    if (call.op == fuse::Op::Setattr && (static_cast<int>(call.more[0]) & FUSE_SET_ATTR_SIZE) != 0) {
      contents_[call.node].resize(static_cast<size_t>(call.more[4]));
    }
    const fuse_entry_param entry = EntryFor(call.node);
    if (const fuse_req_t request = session.pending().Take(call.id)) fuse_reply_attr(request, &entry.attr, 86'400);
    return true;
  }

  /** The kernel completes pages of which a part is written. */
  bool Read(fuse::Session& session, const fuse::Call& call) {
    const std::vector<uint8_t>& content = contents_[call.node];
    const size_t start = std::min<size_t>(call.offset, content.size()), size = std::min(call.size, content.size() - start);
    const fuse_req_t request = session.pending().Take(call.id);
    if (request != nullptr) fuse_reply_buf(request, reinterpret_cast<const char*>(content.data() + start), size);
    return true;
  }

  bool Write(fuse::Session& session, const fuse::Call& call) {
    ++writes_;
    fuse::Pending::Data data = session.pending().DataOf(call.id);
    CHECK(data != nullptr && data->size() == call.size);
    std::vector<uint8_t>& content = contents_[call.node];
    content.resize(std::max<size_t>(content.size(), call.offset + call.size));
    memcpy(content.data() + call.offset, data->data(), call.size);
    seen_ = data->data();
    id_ = call.id;
    data = nullptr;
    if (kind_ == Kind::Ignores) return true;
    CHECK(session.data().held() > 0);
    const fuse_req_t request = session.pending().Take(call.id);
    CHECK(request != nullptr && session.pending().DataOf(call.id) == nullptr);
    if (kind_ == Kind::ChecksWiping) {
      CHECK(session.data().held() == 0);
      CHECK(std::all_of(seen(), seen() + call.size, [](uint8_t byte) { return byte == 0; }));
    }
    fuse_reply_write(request, call.size);
    return true;
  }

  const Kind kind_;
  std::map<uint64_t, std::vector<uint8_t>> contents_;
  std::atomic<size_t> writes_{0}, asked_{0};
  std::atomic<uint64_t> fallocated_{0}, id_{0};
  std::atomic<const uint8_t*> seen_{nullptr};
};

Server::Options OptionsFor(Sink& sink) {
  Server::Options options;
  options.instead = [&sink](fuse::Session& session, const fuse::Call& call) { return sink.Answer(session, call); };
  return options;
}

Descriptor Make(const MountPoint& at, size_t file) {
  Descriptor fd(open((at.path() + "/w" + std::to_string(file)).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  CHECK(fd.valid());
  return fd;
}

/** Writes bytes at random places, in sizes of all kinds; returns what the file holds. */
std::vector<uint8_t> WriteSome(int fd, unsigned seed, size_t rounds) {
  std::mt19937 random(seed);
  std::vector<uint8_t> expected;
  for (size_t round = 0; round < rounds; ++round) {
    const size_t most = random() % 4 == 0 ? 2 * kCube + kBlock : random() % 2 == 0 ? 3 * kVertex : 100;
    std::vector<uint8_t> bytes(random() % most + 1);
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() | 1);
    const size_t at = random() % (3 * kCube);
    expected.resize(std::max(expected.size(), at + bytes.size()));
    std::copy(bytes.begin(), bytes.end(), expected.begin() + static_cast<ptrdiff_t>(at));
    CHECK(pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(at)) == static_cast<ssize_t>(bytes.size()));
  }
  CHECK(fsync(fd) == 0);
  return expected;
}

/** What is written arrives, and is gone when it was answered. */
void ArrivesWhole(const std::vector<File>& files, const std::shared_ptr<CubeSource>& source, Sink::Kind kind,
                  size_t writers) {
  const MountPoint at;
  Sink sink(kind);
  Server server(files, source, OptionsFor(sink), at);
  std::vector<std::thread> threads;
  std::vector<std::vector<uint8_t>> written(writers);
  for (size_t writer = 0; writer < writers; ++writer) {
    threads.emplace_back([&, writer] {
      const Descriptor fd = Make(at, writer);
      written[writer] = WriteSome(fd.get(), static_cast<unsigned>(writer), 30);
    });
  }
  for (std::thread& thread : threads) thread.join();
  at.Unmount(false);
  server.AwaitEnd();
  server.End();
  for (size_t writer = 0; writer < writers; ++writer) CHECK(sink.Content(writer) == written[writer]);
  CHECK(server.session().data().held() == 0);
  CHECK(sink.writes() > 0);
  // The kernel was told that it need not look for capabilities before each write: it does once for a file.
  CHECK(sink.asked() <= writers);
}

/** What nobody answers fails when its time is over, and frees its data. */
void Expires(const std::vector<File>& files, const std::shared_ptr<CubeSource>& source) {
  const MountPoint at;
  Sink sink(Sink::Kind::Ignores);
  Server::Options options = OptionsFor(sink);
  options.deadline = std::chrono::milliseconds(300);
  Server server(files, source, options, at);
  {
    const Descriptor fd = Make(at, 0);
    const std::vector<uint8_t> bytes(kVertex, 7);
    CHECK(pwrite(fd.get(), bytes.data(), bytes.size(), 0) < 0 && errno == ETIMEDOUT);
    CHECK(sink.writes() == 1 && server.session().data().held() == 0);
    CHECK(server.session().pending().DataOf(sink.id()) == nullptr);
    CHECK(std::all_of(sink.seen(), sink.seen() + bytes.size(), [](uint8_t byte) { return byte == 0; }));
  }
  at.Unmount(false);
}

/** The session ends while writes wait. */
void EndsWithWrites(const std::vector<File>& files, const std::shared_ptr<CubeSource>& source) {
  const MountPoint at;
  Sink sink(Sink::Kind::Ignores);
  Server server(files, source, OptionsFor(sink), at);
  std::thread writer([&] {
    const Descriptor fd = Make(at, 0);
    const std::vector<uint8_t> bytes(3 * kCube, 7);
    CHECK(pwrite(fd.get(), bytes.data(), bytes.size(), 0) < 0 && (errno == ENOTCONN || errno == ECONNABORTED));
  });
  while (sink.writes() == 0) std::this_thread::yield();
  server.End();
  CHECK(server.session().data().held() == 0);
  writer.join();
}

/** No byte gets a place that JavaScript would take for another. */
void Bounds(const std::vector<File>& files, const std::shared_ptr<CubeSource>& source) {
  constexpr off_t kBeyond = off_t{1} << 53;
  const MountPoint at;
  Sink sink(Sink::Kind::Answers);
  Server server(files, source, OptionsFor(sink), at);
  {
    const Descriptor fd = Make(at, 0);
    CHECK(pwrite(fd.get(), "x", 1, kBeyond) < 0 && errno == EFBIG);
    CHECK(pwrite(fd.get(), "xyz", 3, kBeyond - 2) < 0 && errno == EFBIG);
    CHECK(ftruncate(fd.get(), kBeyond) < 0 && errno == EFBIG);
    CHECK(fallocate(fd.get(), 0, 5, kBeyond) < 0 && errno == EFBIG);
    CHECK(sink.writes() == 0 && sink.fallocated() == 0);
    CHECK(fallocate(fd.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 5, kBeyond * 2) == 0);
    CHECK(sink.fallocated() == static_cast<uint64_t>(kBeyond) - 1 - 5);
    CHECK(lseek(fd.get(), kBeyond, SEEK_DATA) < 0 && errno == ENXIO);
  }
  at.Unmount(false);
}

/** Whoever waits for what is under way is called, after the session as well. */
void Settles(const std::vector<File>& files, const std::shared_ptr<CubeSource>& source) {
  const MountPoint at;
  Server server(files, source, {}, at);
  const auto settle = [&] {
    const auto done = std::make_shared<std::promise<void>>();
    server.session().Settle([done] { done->set_value(); });
    done->get_future().wait();
  };
  server.TakeAll();
  settle();
  at.Unmount(false);
  server.AwaitEnd();
  server.End();
  settle();
}

}  // namespace

void Writes(Vault& vault) {
  const std::vector<File> files = MakeFiles(vault);
  const auto source = vault.Source(8 * kVertex);
  ArrivesWhole(files, source, Sink::Kind::ChecksWiping, 1);
  ArrivesWhole(files, source, Sink::Kind::Answers, 4);
  Expires(files, source);
  EndsWithWrites(files, source);
  Bounds(files, source);
  Settles(files, source);
}

}  // namespace sherin::checks
