#pragma once
#include <tss2/tss2_mu.h>

#include <string>
#include <vector>

#include "../failure.h"
#include "link.h"

namespace sherin::tpm {

template <typename T>
using Marshal = TSS2_RC (*)(const T*, uint8_t*, size_t, size_t*);
template <typename T>
using Unmarshal = TSS2_RC (*)(const uint8_t*, size_t, size_t*, T*);

/** A structure in the TPM's own form. @throws Failure */
template <typename T>
std::vector<uint8_t> Encode(const Link& link, Marshal<T> marshal, const T& value) {
  std::vector<uint8_t> bytes(sizeof(T));
  size_t size = 0;
  link.Check(marshal(&value, bytes.data(), bytes.size(), &size), "Tss2_MU");
  bytes.resize(size);
  return bytes;
}

/** The structure that these bytes are, all of them. @throws Failure EINVAL */
template <typename T>
T Decode(Unmarshal<T> unmarshal, const std::vector<uint8_t>& bytes, const char* what) {
  T value{};
  size_t read = 0;
  if (unmarshal(bytes.data(), bytes.size(), &read, &value) != TSS2_RC_SUCCESS || read != bytes.size()) {
    throw Failure("EINVAL", std::string("the ") + what + " is malformed");
  }
  return value;
}

}  // namespace sherin::tpm
