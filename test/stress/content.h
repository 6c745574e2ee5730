/** What the files of the stress test hold: bytes as a function of a seed and the offset. */
#pragma once
#include <stdint.h>
#include <string.h>

#include <algorithm>
#include <string>
#include <vector>

constexpr size_t kPage = 4096, kStripe = 256 * 1024;

struct Version {
  size_t size = 0;
  uint64_t seed = 0;
  bool sparse = false;
};
struct File {
  std::string name;
  std::vector<Version> versions;
};

/** splitmix64 */
inline uint64_t Mix(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

inline bool IsHole(const Version& version, size_t offset) {
  return version.sparse && Mix(version.seed ^ (offset / kStripe)) % 3 != 0;
}

/** Bytes from a multiple of eight. */
inline void Fill(const Version& version, size_t offset, uint8_t* out, size_t length) {
  for (size_t at = 0; at < length; at += 8) {
    const uint64_t word = IsHole(version, offset + at) ? 0 : Mix(version.seed * 0x100000001b3 + (offset + at) / 8);
    memcpy(out + at, &word, std::min<size_t>(8, length - at));
  }
}

/** How many of the bytes, all within a page, are what a version has there, up to the first that is not. */
inline size_t Matching(const Version& version, size_t offset, const uint8_t* bytes, size_t length) {
  if (offset >= version.size) return 0;
  length = std::min(length, version.size - offset);
  uint8_t expected[kPage + 8];
  const size_t start = offset / 8 * 8;
  Fill(version, start, expected, offset - start + length);
  return static_cast<size_t>(std::mismatch(bytes, bytes + length, expected + (offset - start)).first - bytes);
}

/** Whether bytes within a page are of one version, or of several in at most `most` runs. */
inline bool InRuns(const File& file, size_t offset, const uint8_t* bytes, size_t length, int most) {
  for (int runs = 0; length > 0; ++runs) {
    size_t longest = 0;
    for (const Version& version : file.versions) longest = std::max(longest, Matching(version, offset, bytes, length));
    if (longest == 0 || runs == most) return false;
    offset += longest;
    bytes += longest;
    length -= longest;
  }
  return true;
}

/**
 * Page by page: the kernel goes from one version to the next so, and a READ's pages are each of one. More runs: two of a direct
 * read; four of a map, where a page can change while a program copies it, and memcpy begins with both ends.
 */
inline bool Right(const File& file, size_t offset, const uint8_t* bytes, size_t length, int runs) {
  while (length > 0) {
    const size_t part = std::min(length, kPage - offset % kPage);
    if (!InRuns(file, offset, bytes, part, runs)) return false;
    offset += part;
    bytes += part;
    length -= part;
  }
  return true;
}
