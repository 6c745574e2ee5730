#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "../codec/layout.h"
#include "../keys/key_set.h"

namespace sherin {

/** Where a group of records comes in the audit log. */
struct LogPlace {
  /** Number of the first record. */
  uint64_t seq;
  /** RFC 3339 UTC time of recording. */
  std::string ts;
  /** Leaf hash of the record before. */
  Hash prev;
};

struct RecordLines {
  /** The lines, each with its line feed. */
  std::string text;
  /** Their leaf hashes, SHA-256(0x00 ‖ line). */
  std::vector<Hash> leaves;
};

/**
 * Chains records to those before and authenticates them (FORMAT.md, "Audit log", record). `parts` has two pieces for each, both
 * ending in a line feed: the canonical line up to `"mac"`, and from there up to `"prev"`.
 * @throws Failure EINVAL when they are not whole pairs, EWIPED
 */
RecordLines ChainRecords(const KeySet& keys, Bytes parts, const LogPlace& place);

}  // namespace sherin
