/**
 * `decrypt CUBES`: decrypts a cube of 16 vertices of 64 KiB so many times, from memory to memory, with the addon's own AES-256-GCM
 * (native/crypto/gcm.cc) over the system's OpenSSL, and prints {"ops":…,"bytes":…,"seconds":…}.
 */
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "../../native/crypto/gcm.h"

int main(int count, char** words) {
  if (count != 2) {
    std::fputs("usage: decrypt CUBES\n", stderr);
    return 2;
  }
  using sherin::Gcm;
  using sherin::Nonce;
  constexpr size_t kVertex = 64 * 1024, kVertices = 16, kTag = 16;
  const size_t cubes = std::strtoul(words[1], nullptr, 10);
  const std::vector<uint8_t> key(32, 7), aad(88, 9);
  std::vector<uint8_t> sealed(kVertices * kVertex), plain(kVertices * kVertex), tags(kVertices * kTag);
  for (size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<uint8_t>(i * 31 >> 3);
  Gcm seal(Gcm::Direction::Seal, {key.data(), key.size()});
  for (uint32_t vertex = 0; vertex < kVertices; ++vertex) {
    seal.Seal(Nonce::Of(vertex), {aad.data(), aad.size()}, &plain[vertex * kVertex], kVertex, &sealed[vertex * kVertex],
              &tags[vertex * kTag]);
  }
  const auto begin = std::chrono::steady_clock::now();
  for (size_t cube = 0; cube < cubes; ++cube) {
    Gcm open(Gcm::Direction::Open, {key.data(), key.size()});
    for (uint32_t vertex = 0; vertex < kVertices; ++vertex) {
      if (!open.Open(Nonce::Of(vertex), {aad.data(), aad.size()}, &sealed[vertex * kVertex], kVertex,
                     &plain[vertex * kVertex], &tags[vertex * kTag])) {
        std::fputs("decrypt: a vertex did not verify\n", stderr);
        return 1;
      }
    }
  }
  const std::chrono::duration<double> spent = std::chrono::steady_clock::now() - begin;
  std::printf("{\"ops\":%zu,\"bytes\":%zu,\"seconds\":%.9f}\n", cubes, cubes * kVertices * kVertex, spent.count());
}
