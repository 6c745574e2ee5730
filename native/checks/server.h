#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "../fuse/session.h"
#include "vault.h"

namespace sherin::checks {

/** A file of the mount: cubes and a hole, and what they hold. */
struct File {
  std::string name;
  std::vector<uint8_t> content;
  /** By slot. */
  std::vector<std::vector<fuse::Segment>> slots;
};

/** Files of many sizes, in the order of their nodes: the first is node 2. */
std::vector<File> MakeFiles(Vault& vault);

/** A directory of a temporary name, mounted on and unmounted by its owner. */
class MountPoint {
 public:
  MountPoint();
  ~MountPoint();
  const std::string& path() const { return path_; }
  std::string Of(const File& file) const { return path_ + "/" + file.name; }
  /** Undoes the mount; a lazy one leaves open files to those that hold them. */
  void Unmount(bool lazy) const;

 private:
  std::string path_;
};

/** Answers a session's calls on one thread, as JavaScript does. */
class Server {
 public:
  struct Options {
    std::chrono::milliseconds deadline{60'000};
    /** Answers take up to so long, one after the other. */
    std::chrono::milliseconds slowness{0};
    /** Asked first, on the thread that answers: true when it has done with a call. */
    std::function<bool(fuse::Session& session, const fuse::Call& call)> instead{};
  };

  Server(const std::vector<File>& files, std::shared_ptr<CubeSource> source, const Options& options);
  /** Mounts and waits for the kernel. */
  Server(const std::vector<File>& files, std::shared_ptr<CubeSource> source, const Options& options,
         const MountPoint& at);
  ~Server();

  fuse::Session& session() { return *session_; }
  /** Waits for the kernel to have let go. */
  void AwaitEnd();
  /** Ends the session as JavaScript does: the threads, then the connection on the thread that answers. */
  void End();
  /** Destroys the session with whatever it is doing. */
  void Destroy();
  /** Does something on the thread that answers, and waits for it. */
  void Do(std::function<void()> job);
  /** Drops all caches of the kernel and waits for that; with `nodes`, theirs. */
  void Drop(std::optional<std::vector<uint64_t>> nodes);
  /** Takes back what one handle or all may read. */
  void TakeSome(std::mt19937& random);
  void TakeAll();
  size_t late() const { return late_; }

 private:
  void Post(fuse::Call call);
  void Run();
  void Answer(const fuse::Call& call);
  fuse_req_t Take(const fuse::Call& call);
  const File* FileOf(uint64_t node) const;
  fuse_entry_param EntryFor(uint64_t node) const;
  void Lookup(const fuse::Call& call);
  void Open(const fuse::Call& call);
  void Read(const fuse::Call& call);
  void List(const fuse::Call& call, bool plus);
  void Prepare();
  void Give(uint64_t handle, uint64_t offset);

  const std::vector<File>& files_;
  const std::shared_ptr<CubeSource> source_;
  const Options options_;
  std::mt19937 random_{1};
  uint64_t next_handle_ = 1;
  std::map<uint64_t, uint64_t> open_;  // nodes by handle
  std::atomic<size_t> late_{0};

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;
  bool ready_ = false, ended_ = false, stopped_ = false;

  std::unique_ptr<fuse::Session> session_;
  std::thread thread_;
};

}  // namespace sherin::checks
