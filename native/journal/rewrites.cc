#include "rewrites.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

#include "../crypto/gcm.h"

namespace sherin {
namespace {

constexpr size_t kTag = 16;
constexpr size_t kFrameHead = 8;
/** Types of entries, and the bytes of each without those of blocks (FORMAT.md, "Journal"). */
constexpr uint8_t kLength = 3, kData = 5, kAppend = 6;
constexpr size_t kAppendBytes = 1 + 8 + 4 + 8 + 8;
constexpr size_t kLengthBytes = 1 + 16 + 24;
constexpr size_t kDataBytes = 1 + 16 + 8 + 4;
/** For a sync that is under way, where everything is taken back. */
constexpr std::chrono::seconds kPatience{3};
constexpr size_t kMostPlain = kAppendBytes + kLengthBytes + Rewrites::kMostUntold * (kDataBytes + Rewrites::kBlock);

/** Puts numbers, little-endian, and bytes one behind the other. */
class Writer {
 public:
  explicit Writer(uint8_t* at) : begin_(at), at_(at) {}
  void U8(uint8_t value) { *at_++ = value; }
  void U32(uint32_t value) { Put(value, 4); }
  void U64(uint64_t value) { Put(value, 8); }
  void Bytes(const uint8_t* bytes, size_t size) {
    memcpy(at_, bytes, size);
    at_ += size;
  }
  size_t size() const { return static_cast<size_t>(at_ - begin_); }

 private:
  void Put(uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) *at_++ = static_cast<uint8_t>(value >> (8 * i));
  }
  uint8_t* const begin_;
  uint8_t* at_;
};

bool WriteAll(int fd, const uint8_t* bytes, size_t size, uint64_t at) {
  for (size_t done = 0; done < size;) {
    const ssize_t wrote = pwrite(fd, bytes + done, size - done, static_cast<off_t>(at + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    done += static_cast<size_t>(wrote);
  }
  return true;
}

}  // namespace

Rewrites::Rewrites(const KeySet& keys, Descriptor segment, const Place& place, const File& file)
    : file_(file),
      key_(keys.JournalKey(place.salt.data(), place.segment)),
      segment_(std::move(segment)),
      place_(place),
      written_(file.written),
      bytes_(Pages::ForPlaintext(kMostBlocks * kBlock)),
      frame_(Pages::ForPlaintext(kMostPlain)),
      sealed_(kFrameHead + kMostPlain + kTag) {
  // The threads of a mount take no memory from here on.
  free_.reserve(kMostBlocks);
  blocks_.reserve(kMostBlocks);
  syncs_.reserve(kMostBlocks);
  for (size_t room = kMostBlocks; room > 0; --room) free_.push_back(room - 1);
}

bool Rewrites::Write(uint64_t offset, const uint8_t* bytes, size_t size) {
  if (size == 0 || offset % kBlock != 0 || size % kBlock != 0) return false;
  if (offset > file_.length || size > file_.length - offset) return false;
  const size_t count = size / kBlock;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (revoked_ || failed_ || free_.size() < count || blocks_.size() - told_ + count > kMostUntold) return false;
  for (size_t i = 0; i < count; ++i) {
    memcpy(bytes_.data() + free_.back() * kBlock, bytes + i * kBlock, kBlock);
    blocks_.push_back({offset + i * kBlock, free_.back()});
    free_.pop_back();
  }
  written_ = Now();
  return true;
}

bool Rewrites::Sync() {
  const std::lock_guard<std::mutex> alone(sync_mutex_);
  Frame frame;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (revoked_ || failed_ || !Append(frame)) return false;
    syncing_ = true;
  }
  // Nobody waits for the lock while the disk does not answer.
  const auto begin = std::chrono::steady_clock::now();
  const bool synced = WriteAll(segment_.get(), sealed_.data(), frame.size, frame.at) && fdatasync(segment_.get()) == 0;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!synced) failed_ = true;
  else if (!failed_) told_ += frame.blocks;
  if (syncs_.size() < kMostBlocks) syncs_.push_back(took.count());
  syncing_ = false;
  LetGo();
  quiet_.notify_all();
  return !failed_;
}

bool Rewrites::Append(Frame& frame) {
  const size_t count = blocks_.size() - told_;
  if (count == 0) return true;
  const size_t size = kAppendBytes + kLengthBytes + count * (kDataBytes + kBlock);
  const size_t whole = kFrameHead + size + kTag;
  if (place_.at > place_.capacity || whole > place_.capacity - place_.at) return false;

  Writer plain(frame_.data());
  plain.U8(kAppend);
  plain.U64(place_.append);
  plain.U32(static_cast<uint32_t>(1 + count));
  plain.U64(place_.oldest);
  plain.U64(place_.next);
  plain.U8(kLength);
  plain.U64(file_.inode);
  plain.U64(file_.version);
  plain.U64(file_.length);
  plain.U64(file_.length);
  plain.U64(static_cast<uint64_t>(written_));
  for (auto block = blocks_.begin() + static_cast<std::ptrdiff_t>(told_); block != blocks_.end(); ++block) {
    plain.U8(kData);
    plain.U64(file_.inode);
    plain.U64(file_.version);
    plain.U64(block->offset);
    plain.U32(kBlock);
    plain.Bytes(bytes_.data() + block->room * kBlock, kBlock);
  }

  uint8_t aad[64 + 4 + kTag];
  Writer bound(aad);
  bound.Bytes(place_.head.data(), place_.head.size());
  bound.U32(static_cast<uint32_t>(size));
  bound.Bytes(place_.tag.data(), kTag);
  Writer head(sealed_.data());
  head.U32(static_cast<uint32_t>(size));
  head.U32(~static_cast<uint32_t>(size));
  uint8_t* const body = sealed_.data() + kFrameHead;
  try {
    Gcm(Gcm::Direction::Seal, key_.bytes())
        .Seal(Nonce::Of(place_.index), {aad, sizeof aad}, frame_.data(), size, body, body + size);
  } catch (const std::exception&) {
    failed_ = true;
  }
  explicit_bzero(frame_.data(), size);
  if (failed_) return false;
  // A place is used once, whatever becomes of its bytes.
  place_.index += 1;
  place_.append += 1;
  memcpy(place_.tag.data(), body + size, kTag);
  frame = {place_.at, whole, count};
  place_.at += whole;
  return true;
}

Rewrites::State Rewrites::Look() {
  const std::lock_guard<std::mutex> lock(mutex_);
  announced_ = false;
  return StateNow();
}

Rewrites::State Rewrites::Revoke() {
  std::unique_lock<std::mutex> lock(mutex_);
  revoked_ = true;
  // What hangs for so long is not known to be there; whoever asked for it hears that, should it ever end.
  if (!quiet_.wait_for(lock, kPatience, [this] { return !syncing_; })) failed_ = true;
  key_.wipe();
  State state = StateNow();
  LetGo();
  return state;
}

Rewrites::State Rewrites::StateNow() {
  State state;
  state.place = place_;
  state.written = written_;
  for (const Block& block : blocks_) state.offsets.push_back(block.offset);
  state.told = told_;
  state.syncs = syncs_;
  syncs_.clear();
  state.failed = failed_;
  return state;
}

bool Rewrites::Copy(size_t number, uint8_t* target) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (number >= blocks_.size()) return false;
  memcpy(target, bytes_.data() + blocks_[number].room * kBlock, kBlock);
  return true;
}

void Rewrites::Release(size_t count) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t gone = std::min(count, blocks_.size());
  for (size_t i = 0; i < gone; ++i) {
    explicit_bzero(bytes_.data() + blocks_[i].room * kBlock, kBlock);
    free_.push_back(blocks_[i].room);
  }
  blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(gone));
  told_ -= std::min(gone, told_);
  LetGo();
}

/** Of what a mount may refer to for long. */
void Rewrites::LetGo() {
  if (!revoked_ || !blocks_.empty() || syncing_) return;
  segment_ = Descriptor();
  bytes_ = Pages();
  frame_ = Pages();
}

/** Each later than the one before, as Clock of fs/writing/clock.ts. */
int64_t Rewrites::Now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return std::max(static_cast<int64_t>(now.tv_sec) * 1'000'000'000 + now.tv_nsec, written_ + 1);
}

}  // namespace sherin
