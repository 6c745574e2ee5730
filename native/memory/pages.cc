#include "pages.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <new>
#include <utility>

#include "../failure.h"

namespace sherin {
namespace {

// Locked bytes that this addon holds; the kernel has no cheap way to ask.
std::atomic<size_t> g_locked{0};

// Plaintext caches leave this much of RLIMIT_MEMLOCK to keys and to others in the process.
constexpr size_t kReserveForKeys = size_t{1} << 20;

size_t RoundToPages(size_t size) {
  const size_t page = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return (size + page - 1) / page * page;
}

/** CAP_IPC_LOCK lifts RLIMIT_MEMLOCK (mlock(2)). */
bool LimitApplies() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (syscall(SYS_capget, &header, data) != 0) return true;
  return (data[0].effective & (1u << CAP_IPC_LOCK)) == 0;
}

bool PlaintextMayLock(size_t size) {
  if (!LimitApplies()) return true;
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return false;
  return limit.rlim_cur == RLIM_INFINITY || g_locked.load() + size + kReserveForKeys <= limit.rlim_cur;
}

uint8_t* MapSecret(size_t size) {
  const int fd = static_cast<int>(syscall(SYS_memfd_secret, O_CLOEXEC));
  if (fd < 0) return nullptr;
  void* at = MAP_FAILED;
  if (ftruncate(fd, static_cast<off_t>(size)) == 0) {
    // MAP_POPULATE meets a lack of memory here instead of with SIGBUS at the first touch.
    at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
  }
  close(fd);
  return at == MAP_FAILED ? nullptr : static_cast<uint8_t*>(at);
}

uint8_t* MapPrivate(size_t size) {
  void* at = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::bad_alloc();
  return static_cast<uint8_t*>(at);
}

/** Neither swapped nor dumped. @throws std::bad_alloc, Failure */
uint8_t* MapLocked(size_t size) {
  uint8_t* const at = MapPrivate(size);
  if (madvise(at, size, MADV_DONTDUMP) == 0 && mlock(at, size) == 0) return at;
  const int error = errno;
  munmap(at, size);
  throw Failure::Errno(error, "mlock");
}

}  // namespace

Pages Pages::ForKeys(size_t size) {
  size = RoundToPages(size);
  MemoryKind kind = MemoryKind::Secret;
  uint8_t* at = MapSecret(size);
  if (at == nullptr) {
    at = MapLocked(size);
    kind = MemoryKind::Locked;
  }
  madvise(at, size, MADV_DONTFORK);
  g_locked += size;
  return Pages(at, size, kind);
}

Pages Pages::ForPlaintext(size_t size) {
  size = RoundToPages(size);
  uint8_t* at = MapPrivate(size);
  madvise(at, size, MADV_DONTDUMP);
  madvise(at, size, MADV_DONTFORK);
  MemoryKind kind = MemoryKind::Unlocked;
  if (PlaintextMayLock(size) && mlock(at, size) == 0) {
    kind = MemoryKind::Locked;
    g_locked += size;
  }
  return Pages(at, size, kind);
}

Pages Pages::Plain(size_t size) {
  size = RoundToPages(size);
  return Pages(MapPrivate(size), size, MemoryKind::Unlocked);
}

Pages::Pages(Pages&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)), kind_(other.kind_) {}

Pages& Pages::operator=(Pages&& other) noexcept {
  if (this != &other) {
    Release();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    kind_ = other.kind_;
  }
  return *this;
}

Pages::~Pages() { Release(); }

void Pages::Release() noexcept {
  if (data_ == nullptr) return;
  explicit_bzero(data_, size_);
  munmap(data_, size_);
  if (kind_ != MemoryKind::Unlocked) g_locked -= size_;
  data_ = nullptr;
}

}  // namespace sherin
