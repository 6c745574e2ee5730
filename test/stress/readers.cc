/**
 * Reads files through a mount from many threads of many processes and compares every byte: what a file holds is a function of a
 * seed and the offset. One file per argument, as NAME:SIZE:SEED[:sparse], with further versions behind commas.
 *   readers make FOLDER FILE…            writes the first version of each
 *   readers check FOLDER FILE…           reads each once from end to end
 *   readers read FOLDER OPERATIONS SECONDS PROCESSES THREADS FILE…
 *   readers fault FOLDER OFFSET SECONDS PROCESSES FILE…    each maps one file and touches one page, all at once: pages of one
 *                                                          vertex where the files have the same content
 * Prints what happened as JSON; exits with 1 for a wrong byte or an error other than EACCES, with 2 when something hangs.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "content.h"

namespace {

constexpr size_t kLargest = 1536 * 1024;

/** Shared by all processes. */
struct Counts {
  std::atomic<uint64_t> operations{0}, opens{0}, reads{0}, direct{0}, maps{0}, bytes{0}, refused{0}, buses{0}, wrong{0}, errors{0};
  std::atomic<int> error{0};
  std::atomic<bool> described{false};
  char first[300] = "";
};
Counts* counts;

void Describe(const File& file, const char* how, size_t offset, size_t length, int error) {
  if (counts->described.exchange(true)) return;
  snprintf(counts->first, sizeof counts->first, "%s by %s of %zu bytes at %zu: %s", file.name.c_str(), how, length, offset,
           error == 0 ? "wrong bytes" : strerror(error));
}

void Failed(const File& file, const char* how, size_t offset, size_t length, int error) {
  if (error == EACCES) {
    ++counts->refused;
    return;
  }
  ++counts->errors;
  counts->error = error;
  Describe(file, how, offset, length, error);
}

/** Tells wrong pages by what they are made of: for each, how many of its 64-byte pieces are of which version, or zeros. */
void Explain(const File& file, size_t offset, const uint8_t* bytes, size_t length) {
  for (size_t at = 0; at < length;) {
    const size_t part = std::min(length - at, kPage - (offset + at) % kPage);
    if (!Right(file, offset + at, bytes + at, part, 1)) {
      std::string made;
      for (size_t piece = 0; piece < part; piece += 64) {
        const size_t size = std::min<size_t>(64, part - piece);
        const uint8_t* const from = bytes + at + piece;
        const auto of = std::find_if(file.versions.begin(), file.versions.end(), [&](const Version& version) {
          return Matching(version, offset + at + piece, from, size) == size;
        });
        made += of != file.versions.end() ? static_cast<char>('0' + (of - file.versions.begin()))
                : std::all_of(from, from + size, [](uint8_t byte) { return byte == 0; }) ? 'z' : '?';
      }
      fprintf(stderr, "%s, page at %zu: %s\n", file.name.c_str(), offset + at, made.c_str());
    }
    at += part;
  }
}

/** `runs`: of how many runs of versions a page may be made. */
void Check(const File& file, const char* how, size_t offset, const uint8_t* bytes, size_t length, int runs = 1) {
  counts->bytes += length;
  if (Right(file, offset, bytes, length, runs)) return;
  ++counts->wrong;
  Explain(file, offset, bytes, length);
  Describe(file, how, offset, length, 0);
}

thread_local sigjmp_buf fault_return;
thread_local volatile sig_atomic_t in_map = 0;

void OnBus(int) {
  if (in_map == 0) _exit(3);
  siglongjmp(fault_return, 1);
}

/** Copies from a mapping; false for SIGBUS. */
bool CopyFromMap(const uint8_t* from, uint8_t* to, size_t length) {
  if (sigsetjmp(fault_return, 1) != 0) {
    in_map = 0;
    return false;
  }
  in_map = 1;
  memcpy(to, from, length);
  in_map = 0;
  return true;
}

class Reader {
 public:
  Reader(std::string folder, const std::vector<File>& files, uint64_t seed)
      : folder_(std::move(folder)), files_(files), random_(seed), out_(static_cast<uint8_t*>(aligned_alloc(kPage, kLargest))) {}
  ~Reader() { free(out_); }

  void Until(uint64_t operations) {
    while (counts->operations < operations) UseOne();
  }

  /** From end to end. */
  void Whole(const File& file) {
    const int fd = Open(file, 0);
    if (fd < 0) return;
    size_t at = 0;
    for (ssize_t got = 1; got > 0; at += static_cast<size_t>(std::max<ssize_t>(got, 0))) got = ReadAt(file, fd, at, kLargest, "read");
    const auto ends = [&](const Version& version) { return version.size == at; };
    if (std::none_of(file.versions.begin(), file.versions.end(), ends) && counts->refused == 0) {
      ++counts->wrong;
      Describe(file, "its end", at, 0, 0);
    }
    close(fd);
  }

  void TouchMap(const File& file, size_t offset) {
    const int fd = Open(file, 0);
    if (fd < 0) return;
    MapOnce(file, fd, offset, 1);
    close(fd);
  }

 private:
  size_t Below(size_t bound) { return bound == 0 ? 0 : random_() % bound; }

  int Open(const File& file, int flags) {
    ++counts->operations;
    ++counts->opens;
    const int fd = open((folder_ + "/" + file.name).c_str(), O_RDONLY | O_CLOEXEC | flags);
    if (fd < 0) Failed(file, "open", 0, 0, errno);
    return fd;
  }

  ssize_t ReadAt(const File& file, int fd, size_t offset, size_t length, const char* how, int runs = 1) {
    ++counts->operations;
    ++counts->reads;
    const ssize_t got = pread(fd, out_, length, static_cast<off_t>(offset));
    if (got < 0) {
      Failed(file, how, offset, length, errno);
    } else {
      Check(file, how, offset, out_, static_cast<size_t>(got), runs);
    }
    return got;
  }

  void UseOne() {
    const File& file = files_[Below(files_.size())];
    switch (Below(4)) {
      case 0:
        return Direct(file);
      case 1:
        return Map(file);
      case 2:
        return Sequential(file);
      default:
        return AtRandom(file);
    }
  }

  size_t SomeSize() {
    switch (Below(8)) {
      case 0:
        return Below(kLargest) + 1;
      case 1:
        return Below(200'000) + 1;
      default:
        return Below(9000) + 1;
    }
  }

  void AtRandom(const File& file) {
    const int fd = Open(file, 0);
    if (fd < 0) return;
    for (size_t times = Below(30); times > 0; --times) {
      ReadAt(file, fd, Below(file.versions[0].size + 5000), SomeSize(), "pread");
    }
    close(fd);
  }

  void Sequential(const File& file) {
    const int fd = Open(file, 0);
    if (fd < 0) return;
    const size_t step = SomeSize();
    size_t at = Below(2) == 0 ? 0 : Below(file.versions[0].size);
    for (size_t times = Below(20); times > 0; --times) {
      const ssize_t got = ReadAt(file, fd, at, step, "sequential read");
      if (got <= 0) break;
      at += static_cast<size_t>(got);
    }
    close(fd);
  }

  void Direct(const File& file) {
    const int fd = Open(file, O_DIRECT);
    if (fd < 0) return;
    for (size_t times = Below(8); times > 0; --times) {
      ++counts->direct;
      // One that ends short, at the end of a version, is completed by the kernel from its cache: a second read (generic_file_read_iter).
      ReadAt(file, fd, Below(file.versions[0].size) / kPage * kPage, (SomeSize() + kPage - 1) / kPage * kPage, "direct read", 2);
    }
    close(fd);
  }

  void Map(const File& file) {
    const int fd = Open(file, 0);
    if (fd < 0) return;
    MapOnce(file, fd, Below(file.versions[0].size), Below(20));
    close(fd);
  }

  void MapOnce(const File& file, int fd, size_t offset, size_t times) {
    const size_t size = file.versions[0].size;
    if (size == 0) return;
    void* const map = mmap(nullptr, size, PROT_READ, Below(2) == 0 ? MAP_SHARED : MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED) return Failed(file, "mmap", 0, size, errno);
    madvise(map, size, MADV_RANDOM);
    for (; times > 0; --times, offset = Below(size)) {
      const size_t length = std::min({size - offset, Below(20'000) + 1, kLargest});
      ++counts->operations;
      ++counts->maps;
      if (CopyFromMap(static_cast<const uint8_t*>(map) + offset, out_, length)) {
        Check(file, "map", offset, out_, length, 4);
      } else {
        ++counts->buses;
      }
    }
    munmap(map, size);
  }

  const std::string folder_;
  const std::vector<File>& files_;
  std::mt19937_64 random_;
  uint8_t* const out_;
};

std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::vector<File> FilesOf(char** from, char** end) {
  std::vector<File> files;
  for (; from < end; ++from) {
    File file;
    for (const std::string& text : Split(*from, ',')) {
      std::vector<std::string> fields = Split(text, ':');
      if (file.name.empty()) {
        file.name = fields[0];
        fields.erase(fields.begin());
      }
      file.versions.push_back({strtoull(fields.at(0).c_str(), nullptr, 10), strtoull(fields.at(1).c_str(), nullptr, 10), fields.size() > 2});
    }
    files.push_back(std::move(file));
  }
  return files;
}

void Make(const std::string& path, const Version& version) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0 || ftruncate(fd, static_cast<off_t>(version.size)) != 0) exit(4);
  std::vector<uint8_t> bytes(kStripe);
  for (size_t at = 0; at < version.size; at += kStripe) {
    if (IsHole(version, at)) continue;
    const size_t length = std::min(kStripe, version.size - at);
    Fill(version, at, bytes.data(), length);
    if (pwrite(fd, bytes.data(), length, static_cast<off_t>(at)) != static_cast<ssize_t>(length)) exit(4);
  }
  close(fd);
}

void Print(bool hung) {
  printf("{\"operations\":%lu,\"opens\":%lu,\"reads\":%lu,\"direct\":%lu,\"maps\":%lu,\"bytes\":%lu,\"refused\":%lu,\"buses\":%lu,"
         "\"wrong\":%lu,\"errors\":%lu,\"first\":\"%s\",\"hung\":%s}\n",
         counts->operations.load(), counts->opens.load(), counts->reads.load(), counts->direct.load(), counts->maps.load(),
         counts->bytes.load(), counts->refused.load(), counts->buses.load(), counts->wrong.load(), counts->errors.load(),
         counts->first, hung ? "true" : "false");
  fflush(stdout);
}

/** Waits for the children; 2 when they do not end in time, 1 when one met what must not be. */
int Await(std::vector<pid_t> children, long seconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  bool good = true;
  while (!children.empty()) {
    for (auto at = children.begin(); at != children.end();) {
      int status = 0;
      if (waitpid(*at, &status, WNOHANG) == 0) {
        ++at;
        continue;
      }
      good = good && WIFEXITED(status) && WEXITSTATUS(status) == 0;
      at = children.erase(at);
    }
    if (children.empty()) break;
    if (std::chrono::steady_clock::now() >= end) {
      for (const pid_t child : children) kill(child, SIGKILL);
      Print(true);
      return 2;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  Print(false);
  return good && counts->wrong == 0 && counts->errors == 0 ? 0 : 1;
}

template <typename Work>
std::vector<pid_t> Fork(size_t processes, Work work) {
  std::vector<pid_t> children;
  for (size_t process = 0; process < processes; ++process) {
    const pid_t child = fork();
    if (child == 0) {
      work(process);
      _exit(0);
    }
    children.push_back(child);
  }
  return children;
}

int Read(const std::string& folder, char** arguments, char** end) {
  const uint64_t operations = strtoull(arguments[0], nullptr, 10);
  const size_t threads = strtoull(arguments[3], nullptr, 10);
  const std::vector<File> files = FilesOf(arguments + 4, end);
  return Await(Fork(strtoull(arguments[2], nullptr, 10), [&](size_t process) {
    std::vector<std::thread> running;
    for (size_t thread = 0; thread < threads; ++thread) {
      running.emplace_back([&, seed = process * 1000 + thread] { Reader(folder, files, seed).Until(operations); });
    }
    for (std::thread& thread : running) thread.join();
  }), strtol(arguments[1], nullptr, 10));
}

int Fault(const std::string& folder, char** arguments, char** end) {
  const size_t offset = strtoull(arguments[0], nullptr, 10);
  const std::vector<File> files = FilesOf(arguments + 3, end);
  int gate[2];
  if (pipe(gate) != 0) return 4;
  const std::vector<pid_t> children = Fork(strtoull(arguments[2], nullptr, 10), [&](size_t process) {
    close(gate[1]);
    char byte;
    if (read(gate[0], &byte, 1) != 0) _exit(4);
    // The kernel asks once for a page of a file: other pages and other files, which share the vertex, ask again.
    Reader(folder, files, process).TouchMap(files[process % files.size()], offset + process / files.size() % 16 * kPage);
  });
  close(gate[0]);
  close(gate[1]);
  return Await(children, strtol(arguments[1], nullptr, 10));
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return 4;
  counts = new (mmap(nullptr, sizeof(Counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) Counts;
  struct sigaction bus {};
  bus.sa_handler = OnBus;
  sigaction(SIGBUS, &bus, nullptr);
  const std::string what = arguments[1], folder = arguments[2];
  char** const rest = arguments + 3;
  char** const end = arguments + count;
  if (what == "read") return Read(folder, rest, end);
  if (what == "fault") return Fault(folder, rest, end);
  const std::vector<File> files = FilesOf(rest, end);
  if (what == "make") {
    for (const File& file : files) Make(folder + "/" + file.name, file.versions[0]);
    return 0;
  }
  return Await(Fork(1, [&](size_t) {
    for (const File& file : files) Reader(folder, files, 1).Whole(file);
  }), 300);
}
