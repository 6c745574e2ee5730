#include "answers.h"

#include <string.h>

namespace sherin::fuse {
namespace {

timespec TimeOf(double seconds, double nanoseconds) {
  return {static_cast<time_t>(seconds), static_cast<long>(nanoseconds)};
}

}  // namespace

fuse_entry_param EntryOf(const Attributes& attributes) {
  fuse_entry_param entry{};
  entry.ino = static_cast<fuse_ino_t>(attributes.node);
  entry.attr_timeout = attributes.attribute_timeout;
  entry.entry_timeout = attributes.entry_timeout;
  struct stat& stat = entry.attr;
  stat.st_ino = static_cast<ino_t>(attributes.ino);
  stat.st_mode = static_cast<mode_t>(attributes.mode);
  stat.st_nlink = static_cast<nlink_t>(attributes.nlink);
  stat.st_uid = static_cast<uid_t>(attributes.uid);
  stat.st_gid = static_cast<gid_t>(attributes.gid);
  stat.st_size = static_cast<off_t>(attributes.size);
  stat.st_blksize = 4096;
  stat.st_blocks = static_cast<blkcnt_t>((attributes.stored + 511) / 512);
  stat.st_atim = TimeOf(attributes.atime, attributes.atime_ns);
  stat.st_mtim = TimeOf(attributes.mtime, attributes.mtime_ns);
  stat.st_ctim = TimeOf(attributes.ctime, attributes.ctime_ns);
  return entry;
}

bool PackedEntries::Next(PackedEntry& entry, const char*& name) {
  if (left_ < sizeof entry) return false;
  memcpy(&entry, data_, sizeof entry);
  data_ += sizeof entry;
  left_ -= sizeof entry;
  if (!(entry.name_length >= 1 && entry.name_length <= 255)) return false;
  const size_t room = (static_cast<size_t>(entry.name_length) + 1 + 7) / 8 * 8;  // at least one zero ends the name
  if (left_ < room) return false;
  name = reinterpret_cast<const char*>(data_);
  if (name[static_cast<size_t>(entry.name_length)] != '\0') return false;
  data_ += room;
  left_ -= room;
  return true;
}

}  // namespace sherin::fuse
