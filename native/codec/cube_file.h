#pragma once
#include <array>
#include <string>

#include "../memory/bytes.h"
#include "../system/descriptor.h"
#include "header.h"
#include "outcome.h"

namespace sherin {

/** `cubes/<2 characters>/<52 characters>.cube` */
std::string CubePath(const uint8_t id[32]);

/** An opened cube file whose header has the right shape. The header was read once, into private memory. */
struct CubeFile {
  Descriptor fd;
  uint64_t inode = 0;
  uint64_t size = 0;
  std::array<uint8_t, kHeader> header;

  HeaderView view() const { return HeaderView(header.data()); }
};

enum class Access {
  Cached,  // through the page cache
  Fresh,   // past it: O_DIRECT where the file system has it, else after posix_fadvise(DONTNEED)
};

/** Vertices that are read from the disk at once. */
constexpr size_t kRun = 4;

/** Vertices that will be read next. */
struct Wanted {
  size_t first = 0, count = 0;
};

/**
 * Opens beneath the vault, never through a link; the disk is asked for what is wanted together with the header. A file
 * that is no regular file is malformed; one that looks newer stays open.
 */
Outcome OpenCubeFile(int vault, const uint8_t id[32], Access access, CubeFile& out, Wanted wanted = {});
/** The same in two steps: opens the file without reading it, */
Outcome OpenUnread(int vault, const uint8_t id[32], Access access, CubeFile& out);
/** and takes the header that was read from its start. */
Outcome TakeHeader(const uint8_t* header, const uint8_t id[32], CubeFile& out);
/** Gives a header that looks newer this program's version, to see whether the version alone was changed. False where its shape is another. */
bool AsThisFormat(CubeFile& file, const uint8_t id[32]);
/** Has the disk fetch vertices, in pieces: the first can be worked on while it reads the rest. */
void AskFor(const CubeFile& file, Wanted wanted);
/** Reads stored bytes of vertices first…last (with the padding) to a page-aligned buffer. */
Outcome ReadVertices(const CubeFile& file, size_t first, size_t last, uint8_t* out);
/** Bytes of a stored vertex. */
size_t StoredSize(const HeaderView& view, size_t vertex);
/** Compares the ciphertext root with the whole body. */
bool CiphertextMatches(const HeaderView& view, Bytes body);
/** Checks the signature of kind `cube`. */
bool SignatureMatches(const HeaderView& view, const uint8_t uuid[16], const uint8_t public_key[32]);
/** The bytes that a signature of kind `cube` covers. */
std::string SignedBytes(const uint8_t uuid[16], const uint8_t* header);

}  // namespace sherin
