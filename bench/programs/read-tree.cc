/** `read-tree DIRECTORY`: reads all regular files below it, as the directories list them, and prints {"ops":…,"bytes":…,"seconds":…}. */
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <vector>

namespace {

/** Bytes of a file, all read. */
uint64_t ReadThrough(const char* path, std::vector<char>& buffer) {
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  uint64_t total = 0;
  ssize_t got = fd < 0 ? -1 : 1;
  while (got > 0) {
    got = read(fd, buffer.data(), buffer.size());
    if (got > 0) total += static_cast<uint64_t>(got);
  }
  if (got < 0) {
    std::perror(path);
    std::exit(1);
  }
  close(fd);
  return total;
}

}  // namespace

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: read-tree DIRECTORY\n", stderr);
    return 2;
  }
  std::vector<char> buffer(1024 * 1024);
  uint64_t files = 0;
  uint64_t bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& entry : std::filesystem::recursive_directory_iterator(words[1])) {
    if (!entry.is_regular_file()) continue;
    bytes += ReadThrough(entry.path().c_str(), buffer);
    files++;
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::printf("{\"ops\":%llu,\"bytes\":%llu,\"seconds\":%.9f}\n", static_cast<unsigned long long>(files),
              static_cast<unsigned long long>(bytes), spent.count());
}
