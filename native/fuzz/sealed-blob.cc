/** Fuzz target: the blobs of a TPM slot, which a header has before its signature counts. What is taken is written as the same bytes. */
#include <cstdlib>
#include <cstring>

#include "../tpm/marshalled.h"

namespace {

using namespace sherin::tpm;

template <typename T>
void Take(Unmarshal<T> unmarshal, Marshal<T> marshal, const std::vector<uint8_t>& bytes) {
  try {
    const T value = Decode<T>(unmarshal, bytes, "blob");
    std::vector<uint8_t> again(sizeof(T));
    size_t size = 0;
    // An empty one is taken, and has no form to be written in.
    if (marshal(&value, again.data(), again.size(), &size) != TSS2_RC_SUCCESS) return;
    if (size != bytes.size() || memcmp(again.data(), bytes.data(), size) != 0) abort();
  } catch (const sherin::Failure& failure) {
    if (failure.code() != "EINVAL") abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const std::vector<uint8_t> bytes(data + 1, data + size);
  if (data[0] % 2 == 0) {
    Take<TPM2B_PUBLIC>(Tss2_MU_TPM2B_PUBLIC_Unmarshal, Tss2_MU_TPM2B_PUBLIC_Marshal, bytes);
  } else {
    Take<TPM2B_PRIVATE>(Tss2_MU_TPM2B_PRIVATE_Unmarshal, Tss2_MU_TPM2B_PRIVATE_Marshal, bytes);
  }
  return 0;
}
