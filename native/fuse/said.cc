#include "said.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <array>
#include <mutex>

#include "libfuse.h"

namespace sherin::fuse {
namespace {

constexpr size_t kMostLines = 16;
/** With the zero byte at the end; what is longer is cut off. */
constexpr size_t kMostBytes = 256;

/** Of the process, as libfuse's logging is. */
std::mutex said_mutex;
std::array<std::array<char, kMostBytes>, kMostLines> said_lines;
/** Lines so far; each has its place at the remainder. */
size_t said_count = 0;
size_t said_taken = 0;
/** The last line goes on: it may be said in parts. */
bool said_goes_on = false;

/** Nothing of it may throw: it is called from C. */
void Keep(fuse_log_level, const char* format, va_list arguments) {
  const std::lock_guard<std::mutex> lock(said_mutex);
  if (!said_goes_on) said_lines[said_count++ % kMostLines].fill('\0');
  std::array<char, kMostBytes>& line = said_lines[(said_count - 1) % kMostLines];
  const size_t length = strlen(line.data());
  vsnprintf(line.data() + length, line.size() - length, format, arguments);
  const size_t end = strlen(format);
  said_goes_on = end == 0 || format[end - 1] != '\n';
}

}  // namespace

void KeepSaid() { fuse_set_log_func(Keep); }

std::vector<std::string> TakeSaid() {
  const std::lock_guard<std::mutex> lock(said_mutex);
  std::vector<std::string> lines;
  said_goes_on = false;
  if (said_count - said_taken > kMostLines) said_taken = said_count - kMostLines;
  for (; said_taken < said_count; ++said_taken) {
    std::string line(said_lines[said_taken % kMostLines].data());
    while (!line.empty() && line.back() == '\n') line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace sherin::fuse
