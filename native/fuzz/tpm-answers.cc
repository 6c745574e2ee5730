/** Fuzz target: answers of a TPM, or of a resource manager in between, that says what it likes: an error, and an end. */
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>

#include "../tpm/facts.h"
#include "../tpm/nv.h"
#include "../tpm/pcr.h"
#include "../tpm/wire.h"

namespace sherin::tpm {
namespace {

/** Commands that one client may send; a real one needs some thirty. */
constexpr size_t kMostCommands = 4096;

const uint8_t* g_data = nullptr;
size_t g_left;

uint8_t Next() {
  if (g_left == 0) return 0;
  --g_left;
  return *g_data++;
}

/** An answer is a byte: how much of its head is right; two bytes: its length behind the head; and the rest. The last one is said for ever. */
class SaidWire : public Wire {
 public:
  const char* Send(const uint8_t*, size_t, Deadline&) override {
    if (++commands_ > kMostCommands) abort();
    return nullptr;
  }
  const char* Receive(uint8_t* answer, size_t& size, Deadline&) override {
    if (g_left == 0) std::tie(g_data, g_left) = last_;
    last_ = {g_data, g_left};
    const uint8_t right = Next();
    size_t length = 10 + (static_cast<size_t>(Next()) << 8 | Next()) % 4096;
    if (length > size) length = size;
    for (size_t i = 0; i < length; ++i) answer[i] = Next();
    if ((right & 1) == 0) {
      const uint8_t tag = (right & 4) != 0 ? 2 : 1;  // with sessions, or without
      const uint8_t head[6] = {0x80, tag, 0, 0, static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
      memcpy(answer, head, sizeof head);
    }
    if ((right & 2) == 0) memset(answer + 6, 0, 4);  // success
    size = length;
    return nullptr;
  }

 private:
  size_t commands_ = 0;
  std::pair<const uint8_t*, size_t> last_{nullptr, 0};
};

}  // namespace

std::unique_ptr<Wire> OpenWire(const std::string&) { return std::make_unique<SaidWire>(); }

}  // namespace sherin::tpm

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sherin;
  tpm::g_data = data;
  tpm::g_left = size;
  const uint8_t what = tpm::Next();
  try {
    tpm::Client client("");
    switch (what % 4) {
      case 0:
        static_cast<void>(tpm::ReadFacts(client));
        break;
      case 1:
        static_cast<void>(tpm::NameOf(client.link(), client.Primary().tr()));
        break;
      case 2:
        static_cast<void>(tpm::ReadPcrs(client, TPM2_ALG_SHA256, {7, 14}));
        break;
      default:
        static_cast<void>(tpm::ReadCounter(client, {0x01800000, tpm::Name(34, 1)}, nullptr));
    }
  } catch (const Failure&) {
  }
  return 0;
}
