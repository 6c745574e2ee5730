/** `sequential-read FILE`: reads a file to its end in requests of 1 MiB and prints {"ops":…,"bytes":…,"seconds":…}. */
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: sequential-read FILE\n", stderr);
    return 2;
  }
  std::vector<char> buffer(1024 * 1024);
  uint64_t ops = 0, bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  const int fd = open(words[1], O_RDONLY | O_CLOEXEC);
  for (;;) {
    const ssize_t got = fd < 0 ? -1 : read(fd, buffer.data(), buffer.size());
    if (got < 0) {
      std::perror(words[1]);
      return 1;
    }
    if (got == 0) break;
    ops++;
    bytes += static_cast<uint64_t>(got);
  }
  close(fd);
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::printf("{\"ops\":%llu,\"bytes\":%llu,\"seconds\":%.9f}\n", static_cast<unsigned long long>(ops),
              static_cast<unsigned long long>(bytes), spent.count());
}
