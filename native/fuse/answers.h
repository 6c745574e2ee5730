#pragma once
#include <cstddef>
#include <cstdint>

#include "libfuse.h"

namespace sherin::fuse {

/** Attributes of a node as JavaScript writes them: doubles, in this order (native/fuse-session.ts, `attributeFields`). */
struct Attributes {
  double node, ino, mode, nlink, uid, gid, size;
  double atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
  /** Seconds for which the kernel may keep attributes, and the name. */
  double attribute_timeout, entry_timeout;
  /** Not 0: the node has no extended attributes but generated ones. */
  double bare;
  /** Bytes that are not holes. */
  double stored;
};

fuse_entry_param EntryOf(const Attributes& attributes);

/** A directory entry in a packed list: this, then the name, then zeros up to a multiple of eight bytes. */
struct PackedEntry {
  Attributes attributes;
  /** Where a reader that has seen this entry goes on. */
  double next;
  double name_length;
};

/** Reads a packed list. Nothing is trusted but that `size` bytes are there. */
class PackedEntries {
 public:
  PackedEntries(const uint8_t* data, size_t size) : data_(data), left_(size) {}
  /** False at the end, or where what is left is malformed. */
  bool Next(PackedEntry& entry, const char*& name);

 private:
  const uint8_t* data_;
  size_t left_;
};

/** Space of a file system, as doubles. */
struct Space {
  double block_size, blocks, free, available, files, name_max;
};

}  // namespace sherin::fuse
