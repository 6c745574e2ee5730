// A count of changes in shared memory: one process makes it, and who has its descriptor sees in a few nanoseconds whether anything has changed.
#include "generation.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <new>

#include "addon.h"
#include "failure.h"
#include "memory_file.h"
#include "socket.h"

// Linux 5.1; headers of an older system lack it.
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace sherin::ipc {
namespace {

constexpr size_t kPage = 4096;
/** Of a page that ended: no generation ever. */
constexpr uint64_t kEnded = 0;

/** Whoever gets the descriptor can neither write through it nor cut the page away under those who read. */
constexpr int kSeals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL;

Napi::Value NumberOf(Napi::Env env, const Count& count) {
  return Napi::Number::New(env, static_cast<double>(count.load(std::memory_order_seq_cst)));
}

}  // namespace

Napi::Function GenerationPage::Define(Napi::Env env) {
  return DefineClass(env, "GenerationPage",
                     {
                         InstanceMethod<&GenerationPage::Descriptor>("descriptor"),
                         InstanceMethod<&GenerationPage::Value>("value"),
                         InstanceMethod<&GenerationPage::Next>("next"),
                         InstanceMethod<&GenerationPage::End>("end"),
                     });
}

Napi::Value GenerationPage::Make(const Napi::CallbackInfo& info) { return Addon::Of(info.Env()).generation.New({}); }

GenerationPage::GenerationPage(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GenerationPage>(info) {
  const Napi::Env env = info.Env();
  try {
    fd_ = NewMemoryFile("sherin-generation", 0);
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
  if (ftruncate(fd_.get(), kPage) != 0) throw SystemError(env, errno, "ftruncate");
  void* page = mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (page == MAP_FAILED) throw SystemError(env, errno, "mmap");
  count_ = new (page) Count(kEnded + 1);
  if (fcntl(fd_.get(), F_ADD_SEALS, kSeals) != 0) {
    const int error = errno;
    munmap(page, kPage);
    count_ = nullptr;
    throw SystemError(env, error, "fcntl");
  }
}

GenerationPage::~GenerationPage() {
  if (count_ == nullptr) return;
  count_->store(kEnded, std::memory_order_seq_cst);
  munmap(count_, kPage);
}

Napi::Value GenerationPage::Descriptor(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), fd_.get()); }

Napi::Value GenerationPage::Value(const Napi::CallbackInfo& info) { return NumberOf(info.Env(), *count_); }

void GenerationPage::Next(const Napi::CallbackInfo&) {
  // One thread alone changes it: what ended stays so.
  if (count_->load(std::memory_order_relaxed) != kEnded) count_->fetch_add(1, std::memory_order_seq_cst);
}

void GenerationPage::End(const Napi::CallbackInfo&) { count_->store(kEnded, std::memory_order_seq_cst); }

Napi::Function GenerationView::Define(Napi::Env env) {
  return DefineClass(env, "GenerationView",
                     {InstanceMethod<&GenerationView::Value>("value"), InstanceMethod<&GenerationView::Close>("close")});
}

Napi::Value GenerationView::Map(const Napi::CallbackInfo& info) {
  return Addon::Of(info.Env()).generation_view.New({info[0]});
}

GenerationView::GenerationView(const Napi::CallbackInfo& info) : Napi::ObjectWrap<GenerationView>(info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) throw Napi::TypeError::New(env, "generationView takes a descriptor");
  const int fd = info[0].As<Napi::Number>().Int32Value();
  struct stat facts;
  if (fstat(fd, &facts) != 0) throw SystemError(env, errno, "fstat");
  // A page that could be cut away would end this process with SIGBUS.
  const int seals = fcntl(fd, F_GET_SEALS);
  if (seals < 0) throw SystemError(env, errno, "fcntl");
  if ((seals & kSeals) != kSeals || facts.st_size != static_cast<off_t>(kPage)) throw SystemError(env, EINVAL, "mmap");
  void* page = mmap(nullptr, kPage, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) throw SystemError(env, errno, "mmap");
  count_ = static_cast<const Count*>(page);
}

GenerationView::~GenerationView() { Unmap(); }

Napi::Value GenerationView::Value(const Napi::CallbackInfo& info) {
  return count_ == nullptr ? Napi::Number::New(info.Env(), static_cast<double>(kEnded)) : NumberOf(info.Env(), *count_);
}

void GenerationView::Close(const Napi::CallbackInfo&) { Unmap(); }

void GenerationView::Unmap() {
  if (count_ != nullptr) munmap(const_cast<Count*>(count_), kPage);
  count_ = nullptr;
}

}  // namespace sherin::ipc
