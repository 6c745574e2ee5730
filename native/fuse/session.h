#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "call.h"
#include "couriers.h"
#include "grants.h"
#include "hello.h"
#include "known_nodes.h"
#include "reads.h"
#include "rewriting.h"
#include "../work/workers.h"
#include "threads.h"

namespace sherin::fuse {

/**
 * A mount and its connection to the kernel, over libfuse 3's low-level interface: from mount to the last close of a file, which may
 * come after unmount. Reads of granted content are answered here; everything else is JavaScript's to answer.
 */
class Session {
 public:
  struct Options {
    /** Mount options as libfuse takes them. */
    std::vector<std::string> mount_options;
    std::chrono::milliseconds deadline;
    size_t threads;
  };

  /** `flush` has patient calls delivered. @throws Failure EINVAL for options that libfuse does not take */
  Session(const Options& options, Upcall upcall, std::function<void()> flush);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /** Mounts and starts to serve. @throws Failure EIO; libfuse has said why (said.h) */
  void Mount(const std::string& path);
  /** What another process needs to go on with the connection. */
  struct State {
    Hello hello;
    std::vector<std::pair<uint64_t, uint64_t>> lookups;
    uint64_t next_handle;
  };
  /**
   * Takes the place of Mount where another process has begun the connection: from Resume on it goes on with it. `device` is the session's
   * from then on. @throws Failure EPROTO
   */
  void Adopt(int device, const State& state);
  State state();
  int device() const { return fuse_session_fd(fuse_.get()); }
  /** The kernel's hello came, or its answer goes. */
  void Greeted(const uint8_t* request, size_t size);
  void Answered(const iovec* parts, int count);
  /**
   * Takes no more requests: they wait in the kernel. Returns when every thread has handed on what it had; the answers may still be to come.
   * Not on a thread of the session.
   */
  void Pause();
  /** Takes requests again. @throws Failure EIO where no thread can be made */
  void Resume();

  /** Ends the threads; the kernel answers what is open with ENOTCONN. Not on a thread of the session. */
  void End();
  /**
   * Closes the connection and undoes the mount where it still is, which makes the kernel answer what no thread has taken. After End, on the thread that answers: no
   * request may be on its way to an answer.
   */
  void Close();

  /** JavaScript is awake, and sees what it is asked without being woken; or not any more. Any thread. */
  void SetAttended(bool attended) { attended_ = attended; }
  Couriers& couriers() { return couriers_; }

  Pending& pending() { return pending_; }
  DataPool& data() { return data_; }
  KnownNodes& known() { return known_; }
  Prefetch& prefetch() { return prefetch_; }
  Reads& reads() { return reads_; }
  Grants& grants() { return grants_; }
  Rewriting& rewriting() { return rewriting_; }
  const Upcall& upcall() const { return upcall_; }
  /** Writing in the background has met an error that closing a file may have to tell. */
  bool late() const { return late_; }
  void SetLate(bool late) { late_ = late; }
  /** An extended attribute of a node was set, or may have been: no answer of before tells of it. */
  void Attributed(uint64_t node);
  /** Answers a request that wants nothing but success, unless its deadline has. Any thread. */
  void Succeed(Pending::Id id);
  /** Has a job done by the thread that waits to send the answer of a request; false where none does. Any thread. */
  bool Carry(Pending::Id id, std::function<void()>& job);
  /** Tells JavaScript within some milliseconds, together with others. */
  void Tell(Call call);

  struct Entry {
    uint64_t parent;
    std::string name;
  };
  /**
   * Drops what the kernel caches of nodes and names, on the notifier's thread, then calls `done`. Without nodes: of all that
   * it knows; at the end of the session without having dropped anything. A read never waits for it: notifications from the
   * way of a READ hang in the kernel.
   */
  void Invalidate(std::optional<std::vector<uint64_t>> nodes, std::vector<Entry> entries, std::function<void()> done);
  /**
   * Calls `done` once nothing is under way to the kernel that was when this was called, at the end of the session at the latest.
   * What still waits to be stored looks whether it was revoked before it is: of content that was, nothing is stored any more.
   */
  void Settle(std::function<void()> done);

 private:
  void Start();
  void Serve();
  void AwaitNext();
  void Watch();
  void Ended();
  void DropNode(uint64_t node);
  void StopNotifications();
  /** At the end of the process. */
  bool EndWithin(std::chrono::milliseconds time);

  const Upcall upcall_;
  const std::function<void()> flush_;
  /** Of threads that answer and are not the session's; alone, to close the connection. */
  std::shared_mutex answering_;
  std::unique_ptr<fuse_session, void (*)(fuse_session*)> fuse_;
  DataPool data_;
  Pending pending_;
  KnownNodes known_;
  Grants grants_;
  Rewriting rewriting_;
  Workers notifier_{1};
  Prefetch prefetch_;
  Reads reads_;
  Threads threads_;
  const size_t thread_count_;
  std::atomic<bool> awaiting_{false}, late_{false}, attended_{false}, paused_{false};
  std::mutex hello_mutex_;
  Hello hello_;
  Couriers couriers_;

  std::mutex watch_mutex_;
  std::condition_variable watch_changed_;
  bool watching_ = false, told_ = false;
  std::thread watch_;
  /** No notification is under way any more, nor will be. */
  bool quiet_ = false;
};

}  // namespace sherin::fuse
