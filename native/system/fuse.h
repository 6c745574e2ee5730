#pragma once
#include <cstdint>
#include <vector>

namespace sherin {

/** This process's descriptors of /dev/fuse. @throws Failure errno names */
std::vector<int> FuseDescriptors();

/** True for a descriptor of /dev/fuse. */
bool IsFuseDescriptor(int fd);

/**
 * Tells the kernel to forget attributes and pages of node IDs first…last. Blocks while the kernel waits for reads of those
 * pages: never on a thread that answers them. Returns how many inodes the kernel knew. @throws Failure errno names
 */
uint64_t InvalidateInodes(int fd, uint64_t first, uint64_t last);

}  // namespace sherin
