#include "cube_file.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <sys/stat.h>

#include <algorithm>

#include "../crypto/base32.h"
#include "../crypto/ed25519.h"
#include "../system/beneath.h"
#include "../system/io.h"
#include "merkle.h"
#include "scratch.h"

namespace sherin {
namespace {

// O_NONBLOCK: a FIFO in the place of a cube must not hold the thread; it means nothing for regular files.
constexpr int kOpenFlags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;

/** Reads through an emptied page cache where O_DIRECT does not work. */
void UsePageCache(int fd) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

int OpenFor(Access access, int vault, const std::string& path) {
  if (access == Access::Fresh) {
    const int fd = OpenBeneath(vault, path, kOpenFlags | O_DIRECT, 0);
    if (fd != -EINVAL) return fd;  // EINVAL: no O_DIRECT on this file system
  }
  const int fd = OpenBeneath(vault, path, kOpenFlags, 0);
  if (fd >= 0 && access == Access::Fresh) UsePageCache(fd);
  return fd;
}

/** Links and other things in the place of a cube are tampering, not trouble of the disk. */
Outcome OpenFault(int error) {
  if (error == ELOOP || error == ENXIO || error == ENOTDIR || error == EXDEV) return {Fault::Malformed, {}, "", 0};
  return Outcome::Errno(error);
}

}  // namespace

std::string CubePath(const uint8_t id[32]) {
  std::string text(Base32Size(32), '\0');
  Base32Encode(id, 32, text.data());
  return "cubes/" + text.substr(0, 2) + "/" + text + ".cube";
}

Outcome OpenUnread(int vault, const uint8_t id[32], Access access, CubeFile& out) {
  const int fd = OpenFor(access, vault, CubePath(id));
  if (fd < 0) return OpenFault(-fd);
  out.fd = Descriptor(fd);
  struct stat facts;
  if (fstat(fd, &facts) != 0) return Outcome::Errno(errno);
  out.inode = facts.st_ino;
  out.size = static_cast<uint64_t>(facts.st_size);
  if (!S_ISREG(facts.st_mode)) return {Fault::Malformed, {}, "", out.inode};
  return {};
}

Outcome TakeHeader(const uint8_t* header, const uint8_t id[32], CubeFile& out) {
  std::copy_n(header, kHeader, out.header.begin());
  if (CheckShape(out.header.data(), id, out.size) == nullptr) return {};
  if (LooksNewer(out.header.data())) return {Fault::Newer, {}, "", out.inode, out.view().version()};
  return {Fault::Malformed, {}, "", out.inode};
}

Outcome OpenCubeFile(int vault, const uint8_t id[32], Access access, CubeFile& out, Wanted wanted) {
  const Outcome opened = OpenUnread(vault, id, access, out);
  if (!opened.ok()) return opened;
  const int fd = out.fd.get();
  if (wanted.count > 0) {  // the header comes first
    posix_fadvise(fd, 0, kHeader, POSIX_FADV_WILLNEED);
    AskFor(out, wanted);
  }
  uint8_t* const aligned = ThreadScratch().ciphertext();  // O_DIRECT wants it
  int64_t got = ReadAt(fd, aligned, kHeader, 0);
  if (got == -EINVAL && access == Access::Fresh) {  // a file system that takes O_DIRECT and then can't
    UsePageCache(fd);
    got = ReadAt(fd, aligned, kHeader, 0);
  }
  if (got < 0) return Outcome::Errno(static_cast<int>(-got), out.inode);
  if (got != static_cast<int64_t>(kHeader)) return {Fault::Malformed, {}, "", out.inode};
  return TakeHeader(aligned, id, out);
}

bool AsThisFormat(CubeFile& file, const uint8_t id[32]) {
  file.header[field::kVersion] = kFormat;
  file.header[field::kVersion + 1] = 0;
  struct stat facts;
  if (fstat(file.fd.get(), &facts) != 0) return false;
  return CheckShape(file.header.data(), id, static_cast<uint64_t>(facts.st_size)) == nullptr;
}

void AskFor(const CubeFile& file, Wanted wanted) {
  for (size_t done = 0; done < wanted.count; done += kRun) {
    posix_fadvise(file.fd.get(), static_cast<off_t>(kHeader + (wanted.first + done) * kVertex),
                  static_cast<off_t>(std::min(kRun, wanted.count - done) * kVertex), POSIX_FADV_WILLNEED);
  }
}

size_t StoredSize(const HeaderView& view, size_t vertex) {
  const Stored stored = view.stored();
  return vertex + 1 == stored.count ? stored.last : kVertex;
}

Outcome ReadVertices(const CubeFile& file, size_t first, size_t last, uint8_t* out) {
  const size_t size = (last - first) * kVertex + StoredSize(file.view(), last);
  const int64_t got = ReadAt(file.fd.get(), out, size, kHeader + first * kVertex);
  if (got < 0) return Outcome::Errno(static_cast<int>(-got), file.inode);
  if (got != static_cast<int64_t>(size)) return {Fault::Malformed, {}, "", file.inode};  // cut after it was opened
  return {};
}

bool CiphertextMatches(const HeaderView& view, Bytes body) {
  return CRYPTO_memcmp(RootOfBlocks(body).data(), view.ciphertext_root(), sizeof(Hash)) == 0;
}

std::string SignedBytes(const uint8_t uuid[16], const uint8_t* header) {
  std::string message("sherin/v1/cube", sizeof "sherin/v1/cube");  // with the zero byte
  message.append(reinterpret_cast<const char*>(uuid), 16);
  message.append(reinterpret_cast<const char*>(header), field::kSignature);
  return message;
}

bool SignatureMatches(const HeaderView& view, const uint8_t uuid[16], const uint8_t public_key[32]) {
  const std::string message = SignedBytes(uuid, view.bytes());
  return Ed25519Verify({public_key, 32}, {reinterpret_cast<const uint8_t*>(message.data()), message.size()},
                       view.signature());
}

}  // namespace sherin
