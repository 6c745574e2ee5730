/**
 * `empty-mount DIRECTORY BYTES`: a mount by libfuse3 with one file of zeros, `zeros`, kernel cache kept, until SIGTERM. It does
 * nothing for a request: no driver on this library can be much faster.
 */
#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace {

constexpr fuse_ino_t kFile = 2;
constexpr double kLong = 86400;
constexpr unsigned kMiB = 1024 * 1024, kLargestRead = 256 * 1024;

off_t size = 0;
const std::vector<char> zeros(kMiB);

struct stat Attributes(fuse_ino_t node) {
  struct stat facts {};
  facts.st_ino = node;
  facts.st_mode = node == kFile ? S_IFREG | 0444 : S_IFDIR | 0755;
  facts.st_nlink = 1;
  facts.st_size = node == kFile ? size : 0;
  return facts;
}

/** Requests as large as those of the native driver (native/fuse/reads.h), and no splicing, as there. */
void Init(void*, fuse_conn_info* connection) {
  connection->max_write = connection->max_readahead = kMiB;
  connection->max_read = kLargestRead;
  connection->want &= ~static_cast<unsigned>(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE);
}

void Lookup(fuse_req_t request, fuse_ino_t, const char* name) {
  if (std::strcmp(name, "zeros") != 0) {
    fuse_reply_err(request, ENOENT);
    return;
  }
  fuse_entry_param entry{};
  entry.ino = kFile;
  entry.attr = Attributes(kFile);
  entry.attr_timeout = entry.entry_timeout = kLong;
  fuse_reply_entry(request, &entry);
}

void GetAttributes(fuse_req_t request, fuse_ino_t node, fuse_file_info*) {
  const struct stat facts = Attributes(node);
  fuse_reply_attr(request, &facts, kLong);
}

void Open(fuse_req_t request, fuse_ino_t, fuse_file_info* file) {
  file->keep_cache = 1;
  fuse_reply_open(request, file);
}

void Read(fuse_req_t request, fuse_ino_t, size_t length, off_t offset, fuse_file_info*) {
  const off_t left = std::max<off_t>(0, size - offset);
  fuse_reply_buf(request, zeros.data(), std::min({length, static_cast<size_t>(left), zeros.size()}));
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fputs("usage: empty-mount DIRECTORY BYTES\n", stderr);
    return 2;
  }
  size = std::strtoll(words[2], nullptr, 10);
  fuse_lowlevel_ops operations{};
  operations.init = Init;
  operations.lookup = Lookup;
  operations.getattr = GetAttributes;
  operations.open = Open;
  operations.read = Read;

  fuse_args args = FUSE_ARGS_INIT(0, nullptr);
  for (const char* word : {"empty-mount", "-o", "max_read=262144"}) fuse_opt_add_arg(&args, word);
  fuse_session* const session = fuse_session_new(&args, &operations, sizeof operations, nullptr);
  if (session == nullptr || fuse_set_signal_handlers(session) != 0) return 1;
  if (fuse_session_mount(session, words[1]) != 0) return 1;
  std::puts("mounted");
  std::fflush(stdout);
  fuse_loop_config* const config = fuse_loop_cfg_create();
  fuse_session_loop_mt(session, config);
  fuse_loop_cfg_destroy(config);
  fuse_session_unmount(session);
  fuse_remove_signal_handlers(session);
  fuse_session_destroy(session);
  fuse_opt_free_args(&args);
  return 0;
}
