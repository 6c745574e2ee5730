#include "recovery_key.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <string.h>
#include <unistd.h>

#include <string>
#include <utility>

#include "../crypto/base32.h"
#include "../crypto/openssl.h"
#include "../failure.h"
#include "../memory/residue.h"

namespace sherin {
namespace {

constexpr size_t kKey = 32, kCheck = 3, kRaw = kKey + kCheck;
constexpr size_t kCharacters = Base32Size(kRaw);  // 56, a whole number of bytes: no bits trail
constexpr size_t kGroup = 8, kGroups = kCharacters / kGroup;
constexpr char kDomain[] = "sherin/v1/recovery-check";

/** First 3 bytes of SHA-256(domain ‖ key). */
void Check(const uint8_t key[kKey], uint8_t out[kCheck]) {
  LockedBytes digest(32);
  const MdContext context(EVP_MD_CTX_new());
  Require(context != nullptr && EVP_DigestInit_ex2(context.get(), Sha256(), nullptr) == 1 &&
              EVP_DigestUpdate(context.get(), kDomain, sizeof kDomain - 1) == 1 &&
              EVP_DigestUpdate(context.get(), key, kKey) == 1 &&
              EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1,
          "SHA-256");
  memcpy(out, digest.data(), kCheck);
}

bool IsSkipped(uint8_t character) {
  return character == ' ' || character == '\t' || character == '\n' || character == '\r' || character == '-';
}

/** The values 0–31 of a key's characters. */
void Read(Bytes text, uint8_t values[kCharacters]) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size; ++i) {
    if (IsSkipped(text.data[i])) continue;
    const uint8_t value = Base32Value(text.data[i]);
    if (value == 0xff && characters < kCharacters) {
      throw Failure("EINVAL", "it has not the form of one: group " + std::to_string(characters / kGroup + 1) +
                                  " has a character that is none of a-z and 2-7");
    }
    if (value == 0xff || characters == kCharacters) {
      throw Failure("EINVAL", "it has not the form of one: it is longer than 56 characters");
    }
    values[characters++] = value;
  }
  if (characters != kCharacters) {
    throw Failure("EINVAL",
                  "it has not the form of one: " + std::to_string(characters) + " characters instead of 56");
  }
}

void Pack(const uint8_t values[kCharacters], uint8_t raw[kRaw]) {
  uint32_t bits = 0;
  unsigned held = 0;
  size_t filled = 0;
  for (size_t i = 0; i < kCharacters; ++i) {
    bits = (bits << 5) | values[i];
    held += 5;
    if (held >= 8) {
      held -= 8;
      raw[filled++] = static_cast<uint8_t>(bits >> held);
    }
  }
}

bool Fits(const LockedBytes& raw) {
  uint8_t check[kCheck];
  Check(raw.data(), check);
  return CRYPTO_memcmp(check, raw.data() + kKey, kCheck) == 0;
}

/**
 * Number of the one group in which another character, or two neighbours the other way round, would make the key fit; 0 where
 * no such change does, or changes in several groups do. Only the number leaves this function.
 */
size_t MistypedGroup(LockedBytes& values, LockedBytes& raw) {
  size_t found = 0;
  bool several = false;
  const auto attempt = [&](size_t at) {
    Pack(values.data(), raw.data());
    if (!Fits(raw)) return;
    const size_t group = at / kGroup + 1;
    several = several || (found != 0 && found != group);
    found = group;
  };
  for (size_t at = 0; at < kCharacters; ++at) {
    uint8_t& value = values.data()[at];
    const uint8_t typed = value;
    for (uint8_t other = 0; other < 32; ++other) {
      value = other;
      if (other != typed) attempt(at);
    }
    value = typed;
    if (at % kGroup == kGroup - 1) continue;
    std::swap(value, values.data()[at + 1]);
    attempt(at);
    std::swap(value, values.data()[at + 1]);
  }
  return several ? 0 : found;
}

}  // namespace

LockedBytes ParseRecoveryKey(Bytes text) {
  const ResidueScrub scrub;
  LockedBytes values(kCharacters);
  Read(text, values.data());
  LockedBytes raw(kRaw);
  Pack(values.data(), raw.data());
  if (!Fits(raw)) {
    const size_t group = MistypedGroup(values, raw);
    throw Failure("ECHECKSUM", group == 0 ? "its check characters do not fit"
                                          : "its check characters do not fit: group " + std::to_string(group) + " is mistyped");
  }
  raw.truncate(kKey);
  return raw;
}

void WriteRecoveryKey(Bytes key, int fd) {
  const ResidueScrub scrub;
  LockedBytes raw(kRaw);
  memcpy(raw.data(), key.data, kKey);
  Check(key.data, raw.data() + kKey);
  LockedBytes characters(kCharacters);
  Base32Encode(raw.data(), kRaw, reinterpret_cast<char*>(characters.data()));
  LockedBytes line(kCharacters + kGroups);  // a separator after each group, the last one is the line end
  for (size_t group = 0; group < kGroups; ++group) {
    uint8_t* const at = line.data() + group * (kGroup + 1);
    memcpy(at, characters.data() + group * kGroup, kGroup);
    at[kGroup] = group + 1 < kGroups ? '-' : '\n';
  }
  for (size_t done = 0; done < line.size();) {
    const ssize_t put = write(fd, line.data() + done, line.size() - done);
    if (put > 0) {
      done += static_cast<size_t>(put);
    } else if (put == 0 || errno != EINTR) {
      throw Failure::Errno(put == 0 ? EIO : errno, "write");
    }
  }
}

}  // namespace sherin
