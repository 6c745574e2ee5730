/**
 * `random-read FILE BLOCK READERS SEED`: reads every block of a file once, in an order that the seed gives, by several threads
 * with a descriptor each, and prints {"ops":…,"bytes":…,"seconds":…}. Not in JavaScript: its own cost would hide what is measured.
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

[[noreturn]] void Fail(const std::string& what) {
  std::perror(what.c_str());
  std::exit(1);
}

struct Order {
  const char* path;
  size_t block;
  std::vector<uint32_t> blocks;
};

/** Fisher and Yates with a fixed engine: the same order on every machine. */
std::vector<uint32_t> Shuffled(size_t count, uint64_t seed) {
  std::vector<uint32_t> blocks(count);
  std::iota(blocks.begin(), blocks.end(), 0U);
  std::mt19937_64 random(seed);
  for (size_t left = count; left > 1; left--) std::swap(blocks[left - 1], blocks[random() % left]);
  return blocks;
}

/** Reads the blocks at `from`…`to` of the order once `go` is true. */
void Read(const Order& order, size_t from, size_t to, std::atomic<int>& waiting, const std::atomic<bool>& go,
          std::atomic<uint64_t>& bytes) {
  const int fd = open(order.path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) Fail(order.path);
  const std::unique_ptr<void, decltype(&std::free)> buffer(std::aligned_alloc(4096, order.block), std::free);
  waiting--;
  while (!go) std::this_thread::yield();
  uint64_t total = 0;
  for (size_t at = from; at < to; at++) {
    const off_t offset = static_cast<off_t>(order.blocks[at]) * static_cast<off_t>(order.block);
    const ssize_t got = pread(fd, buffer.get(), order.block, offset);
    if (got < 0) Fail(order.path);
    total += static_cast<uint64_t>(got);
  }
  bytes += total;
  close(fd);
}

}  // namespace

int main(int count, char** words) {
  if (count != 5) {
    std::fputs("usage: random-read FILE BLOCK READERS SEED\n", stderr);
    return 2;
  }
  const size_t block = std::strtoul(words[2], nullptr, 10);
  const size_t readers = std::strtoul(words[3], nullptr, 10);
  struct stat facts {};
  if (stat(words[1], &facts) != 0) Fail(words[1]);
  if (block == 0 || block % 4096 != 0 || readers == 0 || facts.st_size % static_cast<off_t>(block) != 0) {
    std::fputs("random-read: BLOCK is a multiple of 4096 and divides the file\n", stderr);
    return 2;
  }
  const size_t blocks = static_cast<size_t>(facts.st_size) / block;
  const Order order{words[1], block, Shuffled(blocks, std::strtoul(words[4], nullptr, 10))};

  std::atomic<int> waiting(static_cast<int>(readers));
  std::atomic<bool> go(false);
  std::atomic<uint64_t> bytes(0);
  std::vector<std::thread> threads;
  for (size_t reader = 0; reader < readers; reader++) {
    threads.emplace_back(Read, std::cref(order), blocks * reader / readers, blocks * (reader + 1) / readers,
                         std::ref(waiting), std::cref(go), std::ref(bytes));
  }
  while (waiting > 0) std::this_thread::yield();
  const auto begin = std::chrono::steady_clock::now();
  go = true;
  for (std::thread& thread : threads) thread.join();
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::printf("{\"ops\":%zu,\"bytes\":%llu,\"seconds\":%.9f}\n", blocks,
              static_cast<unsigned long long>(bytes), spent.count());
}
