#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "../codec/layout.h"
#include "../keys/key_set.h"

namespace sherin {

/** Where the audit log ends. */
struct LogEnd {
  /** Records so far: the number of the next. */
  uint64_t size;
  /** Leaf hash of the last one. */
  Hash prev;
  /** Roots of the complete subtrees of the records (RFC 9162 section 2.1), largest first: one for each bit of `size`. */
  std::vector<Hash> subtrees;
};

/**
 * Chains records to those before, which moves the end, and authenticates them (FORMAT.md, "Audit log", record). `parts` has two pieces for each, both
 * ending in a line feed: the canonical line up to `"mac"`, and from there up to `"prev"`.
 * @param ts RFC 3339 UTC time of recording
 * @returns the lines, each with its line feed
 * @throws Failure EINVAL when they are not whole pairs or the subtrees do not fit the size, EWIPED
 */
std::string ChainRecords(const KeySet& keys, Bytes parts, const std::string& ts, LogEnd& end);

}  // namespace sherin
