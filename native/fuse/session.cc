#include "session.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>

#include <system_error>
#include <utility>

#include "../failure.h"
#include "../work/at_end.h"
#include "../work/process_end.h"
#include "device_io.h"
#include "operations.h"
#include "request_buffer.h"
#include "wakefulness.h"

namespace sherin::fuse {
namespace {

/** How often deadlines and threads are looked after: while there is work, and while there is none. */
constexpr std::chrono::milliseconds kTick{20};
constexpr std::chrono::milliseconds kIdleTick{250};
/** For how long what JavaScript is told gathers. */
constexpr std::chrono::milliseconds kGather{5};
/** How long a thread that has answered stays awake for the next request. */
constexpr std::chrono::microseconds kAwait{100};
/** Threads that reads leave for what needs no disk. */
constexpr size_t kSpare = 16;
/** What a notification may wait at the end for reads under way, and again for what is left when those have failed. */
constexpr std::chrono::seconds kPatience{5};

fuse_session* MakeSession(const std::vector<std::string>& options, Session* self) {
  fuse_args args = FUSE_ARGS_INIT(0, nullptr);
  const std::string max_read = "-omax_read=" + std::to_string(kLargestRead);
  bool taken = fuse_opt_add_arg(&args, "sherin") == 0 && fuse_opt_add_arg(&args, max_read.c_str()) == 0;
  for (const std::string& option : options) {
    taken = taken && fuse_opt_add_arg(&args, "-o") == 0 && fuse_opt_add_arg(&args, option.c_str()) == 0;
  }
  fuse_session* const session =
      taken ? fuse_session_new(&args, &Operations(), sizeof(fuse_lowlevel_ops), self) : nullptr;
  fuse_opt_free_args(&args);
  if (session == nullptr) throw Failure("EINVAL", "libfuse does not take the mount options");
  return session;
}

}  // namespace

Session::Session(const Options& options, Upcall upcall, std::function<void()> flush)
    : upcall_(std::move(upcall)),
      flush_(std::move(flush)),
      fuse_(MakeSession(options.mount_options, this), fuse_session_destroy),
      pending_(options.deadline),
      prefetch_(notifier_,
                [this](uint64_t node, uint64_t offset, const uint8_t* data, size_t size) {
                  fuse_bufvec bytes = FUSE_BUFVEC_INIT(size);
                  bytes.buf[0].mem = const_cast<uint8_t*>(data);
                  fuse_lowlevel_notify_store(fuse_.get(), node, static_cast<off_t>(offset), &bytes,
                                             static_cast<fuse_buf_copy_flags>(0));
                }),
      reads_(pending_, prefetch_, Threads::kMost - kSpare),
      threads_([this] { Serve(); }, [this] { Ended(); }),
      thread_count_(options.threads) {
  ProcessEnd::Instance().Add(this, [this](std::chrono::milliseconds time) { return EndWithin(time); });
}

Session::~Session() {
  ProcessEnd::Instance().Remove(this);
  End();
}

void Session::Mount(const std::string& path) {
  if (fuse_session_mount(fuse_.get(), path.c_str()) != 0) throw Failure("EIO", "libfuse could not mount");
  TakeOverDevice(fuse_.get(), device());
  try {
    Start();
  } catch (const Failure&) {
    fuse_session_unmount(fuse_.get());  // else whoever looks at the directory waits for ever
    throw;
  }
}

/** @throws Failure EIO */
void Session::Start() {
  try {
    // Its thread is there before anything is served: what has been committed, or locked, is dropped even if none can be made any more.
    notifier_.Submit([] {});
    threads_.Start(thread_count_);
    const std::lock_guard<std::mutex> lock(watch_mutex_);
    if (std::exchange(watching_, true)) return;
    watch_ = std::thread([this] { Watch(); });
  } catch (const std::system_error& error) {
    fuse_session_exit(fuse_.get());
    threads_.Join();
    throw Failure("EIO", error.what());
  }
}

void Session::Adopt(int device, const State& state) {
  if (!TakeOverDevice(fuse_.get(), device)) throw Failure("EIO", "libfuse does not take the connection");
  RepeatHello(fuse_.get(), state.hello);
  hello_ = state.hello;
  for (const auto& [node, lookups] : state.lookups) known_.Restore(node, lookups);
  grants_.StartAt(state.next_handle);
  paused_ = true;
}

Session::State Session::state() {
  const std::lock_guard<std::mutex> lock(hello_mutex_);
  return {hello_, known_.Lookups(), grants_.next()};
}

void Session::Greeted(const uint8_t* request, size_t size) {
  const std::lock_guard<std::mutex> lock(hello_mutex_);
  hello_.request.assign(request, request + size);
}

void Session::Answered(const iovec* parts, int count) {
  const std::lock_guard<std::mutex> lock(hello_mutex_);
  hello_.answer.clear();
  for (int i = 0; i < count; ++i) {
    const auto* const bytes = static_cast<const uint8_t*>(parts[i].iov_base);
    hello_.answer.insert(hello_.answer.end(), bytes, bytes + parts[i].iov_len);
  }
}

/** Not by libfuse's own word: who receives a request when that was given drops it, and nobody would answer it. */
void Session::Pause() {
  paused_ = true;
  threads_.Join();
}

void Session::Resume() {
  paused_ = false;
  Start();
}

void Session::End() {
  StopNotifications();
  if (fuse_ != nullptr) fuse_session_exit(fuse_.get());
  threads_.Join();
  prefetch_.Stop();  // here, where a disk that hangs may be waited for: not by whoever drops the last reference
  {
    const std::lock_guard<std::mutex> lock(watch_mutex_);
    watching_ = false;
  }
  watch_changed_.notify_all();
  if (watch_.joinable()) watch_.join();
}

/**
 * Before the threads leave: a notification waits for the pages that a read under way has locked, and without threads nobody
 * would answer that read. It would hang where no signal reaches it, and keep the connection open with it.
 */
void Session::StopNotifications() {
  quiet_ = notifier_.StopWithin(kPatience);
  if (quiet_) return;
  pending_.Fail(ENOTCONN);
  quiet_ = notifier_.StopWithin(kPatience);
}

void Session::Close() {
  const std::unique_lock<std::shared_mutex> alone(answering_);
  if (fuse_ == nullptr || !quiet_) return;  // a notification that hangs uses it until the object ends
  fuse_session_unmount(fuse_.get());  // where it still is; frees what destroying leaves
  fuse_.reset();
}

bool Session::EndWithin(std::chrono::milliseconds time) {
  if (fuse_ != nullptr) fuse_session_exit(fuse_.get());
  return threads_.JoinWithin(time);
}

void Session::Serve() {
  RequestBuffer buffer;
  Couriers::Courier courier;
  while (!fuse_session_exited(fuse_.get()) && !paused_) {
    const int got = buffer.Receive(fuse_.get());
    if (got == -EINTR || got == -EAGAIN) continue;
    if (got <= 0) break;
    const bool carries = attended_ && Wakefulness::Allowed() && LastReceived().brief && !awaiting_.exchange(true);
    if (carries) couriers_.Expect(courier, LastReceived().number);
    {
      const Threads::Busy busy(threads_);
      buffer.Process(fuse_.get());
    }
    if (carries) {
      const Threads::Busy busy(threads_);  // with what it may be given to do
      couriers_.Await(courier, [this](const std::vector<uint8_t>& answer) {
        SendNow(fuse_.get(), answer.data(), answer.size());
      });
      awaiting_ = false;
    } else {
      AwaitNext();
    }
  }
}

/**
 * Looks for the next request a moment longer before it sleeps: to wake a thread takes longer than to answer most requests, on a
 * virtual machine above all. One thread at a time, and only while none has work and JavaScript does not look: it would take the time
 * of who decrypts.
 */
void Session::AwaitNext() {
  if (!Wakefulness::Allowed() || awaiting_.exchange(true)) return;
  pollfd device{fuse_session_fd(fuse_.get()), POLLIN, 0};
  const auto end = std::chrono::steady_clock::now() + kAwait;
  while (threads_.busy() == 0 && !attended_ && poll(&device, 1, 0) == 0 && std::chrono::steady_clock::now() < end &&
         Wakefulness::Yield()) {
  }
  awaiting_ = false;
}

void Session::Ended() {
  if (paused_ && !fuse_session_exited(fuse_.get())) return;
  pending_.Fail(ENOTCONN);
  upcall_({Op::Ended});
}

void Session::Attributed(uint64_t node) {
  const std::vector<uint64_t> nodes{node};
  known_.Doubt(&nodes, pending_.next());
}

void Session::Succeed(Pending::Id id) {
  const std::shared_lock<std::shared_mutex> lock(answering_);
  const fuse_req_t request = fuse_ == nullptr ? nullptr : pending_.Take(id);
  if (request != nullptr) fuse_reply_err(request, 0);
}

bool Session::Carry(Pending::Id id, std::function<void()>& job) {
  const uint64_t number = pending_.NumberOf(id);
  return number != 0 && couriers_.Run(number, job);
}

void Session::Tell(Call call) {
  call.patient = true;
  upcall_(std::move(call));
  const std::lock_guard<std::mutex> lock(watch_mutex_);
  if (std::exchange(told_, true)) return;
  watch_changed_.notify_all();
}

void Session::Watch() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  pthread_setname_np(pthread_self(), "sherin-watch");
  std::unique_lock<std::mutex> lock(watch_mutex_);
  while (watching_) {
    const bool idle = threads_.busy() == 0 && pending_.empty();
    watch_changed_.wait_for(lock, idle ? kIdleTick : kTick, [this] { return told_ || !watching_; });
    if (told_) {
      watch_changed_.wait_for(lock, kGather, [this] { return !watching_; });
      told_ = false;
      flush_();
    }
    if (const size_t late = pending_.Expire(); late > 0) {
      Call call{Op::Expired};
      call.size = late;
      upcall_(std::move(call));
    }
    threads_.Grow();
  }
}

void Session::DropNode(uint64_t node) {
  // off 0 with len 0: all pages, and the attributes.
  fuse_lowlevel_notify_inval_inode(fuse_.get(), node, 0, 0);
}

void Session::Invalidate(std::optional<std::vector<uint64_t>> nodes, std::vector<Entry> entries,
                         std::function<void()> done) {
  notifier_.Submit([this, nodes = std::move(nodes), entries = std::move(entries),
                    done = std::make_shared<AtEnd>(std::move(done))] {
    couriers_.Settle();
    for (const Entry& entry : entries) {
      if (entry.parent != FUSE_ROOT_ID && !known_.Has(entry.parent)) continue;
      fuse_lowlevel_notify_inval_entry(fuse_.get(), entry.parent, entry.name.data(), entry.name.size());
    }
    for (const uint64_t node : nodes ? *nodes : known_.All()) {
      if (known_.Has(node)) DropNode(node);
    }
  });
}

void Session::Settle(std::function<void()> done) {
  notifier_.Submit([this, done = std::make_shared<AtEnd>(std::move(done))] { couriers_.Settle(); });
}

}  // namespace sherin::fuse
