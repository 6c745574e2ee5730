#include "scrypt.h"

#include <openssl/evp.h>

#include <vector>

#include "../arguments.h"
#include "../crypto/openssl.h"
#include "../environment.h"
#include "../memory/residue.h"
#include "../work/promise.h"
#include "secret.h"

namespace sherin {
namespace {

constexpr uint64_t kMostMemory = uint64_t{256} << 20;

LockedBytes Derive(const LockedBytes& password, const std::vector<uint8_t>& salt, ScryptCost cost) {
  const ResidueScrub scrub;
  LockedBytes out(32);
  // OpenSSL counts a little more than 128·n·r against its limit; ours was checked before. It cleanses its memory.
  const uint64_t limit = kMostMemory + (uint64_t{16} << 20);
  Require(EVP_PBE_scrypt(reinterpret_cast<const char*>(password.data()), password.size(), salt.data(), salt.size(),
                         cost.n, cost.r, cost.p, limit, out.data(), out.size()) == 1,
          "scrypt");
  return out;
}

}  // namespace

ScryptCost ScryptCostOf(const Napi::Value& value) {
  const ScryptCost cost{NumberOf(Member(value, "n"), "cost.n", 2, 1 << 20), NumberOf(Member(value, "r"), "cost.r", 1, 32),
                        NumberOf(Member(value, "p"), "cost.p", 1, 16)};
  if ((cost.n & (cost.n - 1)) != 0) throw Napi::RangeError::New(value.Env(), "cost.n must be a power of two");
  if (128 * cost.n * cost.r > kMostMemory) {
    throw Napi::RangeError::New(value.Env(), "128·n·r must be at most 256 MiB");
  }
  return cost;
}

Napi::Promise Scrypt(Napi::Env env, std::shared_ptr<LockedBytes> password, Bytes salt, ScryptCost cost) {
  Environment& environment = Environment::Of(env);
  return RunAsync(
      env, environment.completions(), environment.blocking(),
      [password = std::move(password), salt = std::vector<uint8_t>(salt.data, salt.data + salt.size), cost] {
        return std::make_shared<LockedBytes>(Derive(*password, salt, cost));
      },
      [](Napi::Env target, const std::shared_ptr<LockedBytes>& key) -> Napi::Value { return Secret::New(target, key); });
}

}  // namespace sherin
