#include "server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "../failure.h"
#include "check.h"
#include "guard.h"

namespace sherin::checks {
namespace {

constexpr double kEver = 86'400;

fuse::Segment SegmentFor(const Vault::Cube& cube, size_t offset, size_t length) {
  return {false, cube.ref, offset, length};
}

/** Slots of random content; the third one is a hole but for its ends, the second one two cubes. */
File MakeFile(Vault& vault, const std::string& name, size_t size) {
  File file{name, std::vector<uint8_t>(size), {}};
  for (size_t at = 0; at < size; at += kCube) {
    const size_t slot = at / kCube, length = std::min(size - at, kCube);
    std::vector<fuse::Segment> segments;
    const auto add = [&](size_t from, size_t bytes) {
      const Vault::Cube cube = vault.Store(bytes);
      memcpy(file.content.data() + at + from, cube.content.data(), bytes);
      segments.push_back(SegmentFor(cube, 0, bytes));
    };
    if (slot == 1 && length == kCube) {
      add(0, 5 * kVertex);
      add(5 * kVertex, length - 5 * kVertex);
    } else if (slot == 2 && length == kCube) {
      add(0, kVertex);
      segments.push_back({true, {}, 0, length - kVertex - kBlock});
      add(length - kBlock, kBlock);
    } else {
      add(0, length);
    }
    file.slots.push_back(std::move(segments));
  }
  return file;
}

}  // namespace

std::vector<File> MakeFiles(Vault& vault) {
  std::vector<File> files;
  for (const size_t size : {size_t{1}, size_t{5000}, kVertex, 3 * kVertex + 7, kCube, kCube + 1, 4 * kCube + 12'345}) {
    files.push_back(MakeFile(vault, "f" + std::to_string(files.size()), size));
  }
  return files;
}

MountPoint::MountPoint() : path_(std::filesystem::temp_directory_path() / "sherin-checks-mount-XXXXXX") {
  CHECK(mkdtemp(path_.data()) != nullptr);
  Guard::Mounted(path_);
}

MountPoint::~MountPoint() {
  Guard::Mounted("");
  rmdir(path_.c_str());
}

void MountPoint::Unmount(bool lazy) const {
  const std::string command = std::string("fusermount3 -q -u") + (lazy ? "z " : " ") + path_;
  CHECK(system(command.c_str()) == 0);
}

Server::Server(const std::vector<File>& files, std::shared_ptr<CubeSource> source, const Options& options)
    : files_(files), source_(std::move(source)), options_(options) {
  const fuse::Session::Options session{{"fsname=sherin-checks", "default_permissions"},
                                       options.deadline,
                                       2};
  session_ = std::make_unique<fuse::Session>(session, [this](fuse::Call call) { Post(std::move(call)); }, [] {});
  thread_ = std::thread([this] { Run(); });
}

Server::Server(const std::vector<File>& files, std::shared_ptr<CubeSource> source, const Options& options,
               const MountPoint& at)
    : Server(files, std::move(source), options) {
  session_->Mount(at.path());
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return ready_; });
}

Server::~Server() {
  Destroy();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Server::AwaitEnd() {
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return ended_; });
}

void Server::End() {
  session_->End();
  Do([this] { session_->Close(); });
}

void Server::Destroy() {
  Do([this] { session_.reset(); });
}

void Server::Do(std::function<void()> job) {
  bool done = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back([&] {
      job();
      const std::lock_guard<std::mutex> done_lock(mutex_);
      done = true;
      changed_.notify_all();
    });
  }
  changed_.notify_all();
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [&] { return done; });
}

void Server::Drop(std::optional<std::vector<uint64_t>> nodes) {
  const auto done = std::make_shared<std::promise<void>>();
  std::vector<fuse::Session::Entry> entries;
  if (!nodes) entries.push_back({FUSE_ROOT_ID, files_[0].name});
  session_->Invalidate(std::move(nodes), std::move(entries), [done] { done->set_value(); });
  done->get_future().wait();
}

void Server::TakeSome(std::mt19937& random) {
  Do([&] {
    if (open_.empty()) return;
    session_->grants().Revoke(std::next(open_.begin(), static_cast<ptrdiff_t>(random() % open_.size()))->first);
  });
}

void Server::TakeAll() {
  Do([&] { session_->grants().Withdraw(nullptr); });
}

void Server::Post(fuse::Call call) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (call.op == fuse::Op::Ready) ready_ = true;
    if (call.op == fuse::Op::Ended) ended_ = true;
    jobs_.push_back([this, call = std::move(call)] { Answer(call); });
  }
  changed_.notify_all();
}

void Server::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopped_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    lock.lock();
  }
}

fuse_req_t Server::Take(const fuse::Call& call) {
  const fuse_req_t request = session_->pending().Take(call.id);
  if (request == nullptr) ++late_;
  return request;
}

const File* Server::FileOf(uint64_t node) const {
  return node >= 2 && node < files_.size() + 2 ? &files_[node - 2] : nullptr;
}

fuse_entry_param Server::EntryFor(uint64_t node) const {
  const File* const file = FileOf(node);
  fuse_entry_param entry{};
  entry.ino = node;
  entry.attr_timeout = entry.entry_timeout = kEver;
  entry.attr.st_ino = node;
  entry.attr.st_mode = file != nullptr ? S_IFREG | 0444 : S_IFDIR | 0755;
  entry.attr.st_nlink = 1;
  entry.attr.st_uid = getuid();
  entry.attr.st_gid = getgid();
  entry.attr.st_size = file != nullptr ? static_cast<off_t>(file->content.size()) : 0;
  return entry;
}

void Server::Answer(const fuse::Call& call) {
  if (session_ == nullptr) return;
  // What came too late is not slow as well: the requests behind it would all come too late.
  if (call.id != 0 && options_.slowness.count() > 0 && session_->pending().Has(call.id)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(random_() % static_cast<unsigned>(options_.slowness.count())));
  }
  if (options_.instead && options_.instead(*session_, call)) return;
  switch (call.op) {
    case fuse::Op::Lookup:
      return Lookup(call);
    case fuse::Op::Open:
      return Open(call);
    case fuse::Op::Read:
      return Read(call);
    case fuse::Op::Readdir:
      return List(call, false);
    case fuse::Op::Readdirplus:
      return List(call, true);
    case fuse::Op::Getattr: {
      const fuse_entry_param entry = EntryFor(call.node);
      if (const fuse_req_t request = Take(call)) fuse_reply_attr(request, &entry.attr, entry.attr_timeout);
      return;
    }
    case fuse::Op::Opendir: {
      fuse_file_info file{};
      file.fh = 1;
      if (const fuse_req_t request = Take(call)) fuse_reply_open(request, &file);
      return;
    }
    case fuse::Op::Opened:
      open_[call.handle] = call.node;
      return;
    case fuse::Op::Release:
      session_->grants().Revoke(call.handle);
      CHECK(open_.erase(call.handle) == 1);
      return;
    default:
      if (call.id == 0) return;
      if (const fuse_req_t request = Take(call)) fuse_reply_err(request, EROFS);
  }
}

void Server::Lookup(const fuse::Call& call) {
  const auto found =
      std::find_if(files_.begin(), files_.end(), [&](const File& file) { return file.name == call.name; });
  const fuse_req_t request = Take(call);
  if (request == nullptr) return;
  if (found == files_.end()) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  const fuse_entry_param entry = EntryFor(static_cast<uint64_t>(found - files_.begin()) + 2);
  session_->known().Add(entry.ino, false, call.id);
  if (fuse_reply_entry(request, &entry) != 0) session_->known().Forget(entry.ino, 1);
}

void Server::Open(const fuse::Call& call) {
  const uint64_t handle = next_handle_++;
  open_[handle] = call.node;
  Give(handle, 0);
  fuse_file_info file{};
  file.fh = handle;
  file.keep_cache = 1;
  const fuse_req_t request = Take(call);
  if (request != nullptr && fuse_reply_open(request, &file) == 0) return Prepare();
  session_->grants().Revoke(handle);
  open_.erase(handle);
}

/** Lets the files of one cube be opened by the session itself. */
void Server::Prepare() {
  std::vector<std::shared_ptr<fuse::Content>> contents;
  for (size_t at = 0; at < files_.size(); ++at) {
    const File& file = files_[at];
    if (file.slots.size() != 1) continue;
    contents.push_back(std::make_shared<fuse::Content>(source_, at + 2, file.content.size()));
    contents.back()->SetSlot(0, file.slots[0]);
    session_->grants().Prepare(contents.back());
  }
  session_->prefetch().Expect(std::move(contents));
}

/** The grant of a handle, and the slot of an offset with the one behind it. */
void Server::Give(uint64_t handle, uint64_t offset) {
  const auto found = open_.find(handle);
  if (found == open_.end()) return;
  const File& file = *FileOf(found->second);
  auto content = session_->grants().Of(handle);
  if (content == nullptr) {
    content = std::make_shared<fuse::Content>(source_, found->second, file.content.size());
    session_->grants().Give(handle, content);
  }
  const size_t slot = offset / kCube;
  for (size_t at = slot; at < std::min(slot + 2, file.slots.size()); ++at) content->SetSlot(at, file.slots[at]);
}

/** What the session did not answer itself: not granted, not named yet, or failed. */
void Server::Read(const fuse::Call& call) {
  const File& file = *FileOf(call.node);
  const size_t length = std::min<size_t>(call.size, file.content.size() - std::min(file.content.size(), call.offset));
  std::vector<uint8_t> out(length + 1);
  std::vector<fuse::Part> parts;
  fuse::Content content(source_, call.node, file.content.size());
  for (size_t slot = 0; slot < file.slots.size(); ++slot) content.SetSlot(slot, file.slots[slot]);
  bool good = content.PartsOf(call.offset, length, out.data(), parts);
  try {
    for (const fuse::Part& part : parts) {
      good = good && !source_->Refused(part.cube.id) && source_->Read(part.cube, part.range, out.data() + part.at).ok();
    }
  } catch (const Failure&) {
    good = false;
  }
  if (const fuse_req_t request = Take(call)) {
    if (good) {
      fuse_reply_buf(request, reinterpret_cast<const char*>(out.data()), length);
    } else {
      fuse_reply_err(request, EACCES);
    }
  }
  if (good) Give(call.handle, call.offset);
}

void Server::List(const fuse::Call& call, bool plus) {
  const fuse_req_t request = Take(call);
  if (request == nullptr) return;
  std::vector<char> list(call.size);
  std::vector<uint64_t> told;
  size_t used = 0;
  for (size_t at = call.offset; at < files_.size(); ++at) {
    const fuse_entry_param entry = EntryFor(at + 2);
    const auto next = static_cast<off_t>(at + 1);
    const char* const name = files_[at].name.c_str();
    const size_t left = list.size() - used;
    const size_t need = plus ? fuse_add_direntry_plus(request, list.data() + used, left, name, &entry, next)
                             : fuse_add_direntry(request, list.data() + used, left, name, &entry.attr, next);
    if (need > left) break;
    used += need;
    if (plus) told.push_back(entry.ino);
  }
  for (const uint64_t node : told) session_->known().Add(node, false, call.id);
  if (fuse_reply_buf(request, list.data(), used) == 0) return;
  for (const uint64_t node : told) session_->known().Forget(node, 1);
}

}  // namespace sherin::checks
