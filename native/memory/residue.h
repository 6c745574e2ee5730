#pragma once

namespace sherin {

/**
 * Overwrites what an operation on a key leaves behind: the stack below the caller, where hashes and ciphers spill message
 * schedules and round keys, and the vector registers, which memcpy moves bytes through. Nobody else clears those: the next
 * lazily bound call of the thread (_dl_runtime_resolve_xsavec) saves all of them to the stack, for good.
 */
void ScrubResidue() noexcept;
/** The registers alone; enough after a mere copy. */
void ScrubRegisters() noexcept;

/** Scrubs when a scope ends, on every way out. */
class ResidueScrub {
 public:
  ResidueScrub() = default;
  ResidueScrub(const ResidueScrub&) = delete;
  ResidueScrub& operator=(const ResidueScrub&) = delete;
  ~ResidueScrub() { ScrubResidue(); }
};

}  // namespace sherin
