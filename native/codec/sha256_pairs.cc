#include "sha256_pairs.h"

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#include <string.h>

#include <utility>

// Only the functions below are built for the SHA extensions; HasSha256Pairs asks the CPU first. Without AVX: its encodings
// between these instructions would cost a state change each.
#pragma GCC push_options
#pragma GCC target("sha,sse4.1,ssse3,no-avx")

namespace sherin {
namespace {

using Word4 = __m128i;

/** FIPS 180-4, 4.2.2. */
alignas(16) constexpr uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/** One message: the state as the instructions want it (ABEF, CDGH), and the words of the schedule that come next. */
struct Lane {
  Word4 abef, cdgh;
  Word4 w[4];
};

inline Word4 LoadBigEndian(const uint8_t* at) {
  const Word4 order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const Word4*>(at)), order);
}

/** FIPS 180-4, 5.3.3. */
inline void Begin(Lane& lane) {
  lane.abef = _mm_set_epi32(0x6a09e667, static_cast<int>(0xbb67ae85), 0x510e527f, static_cast<int>(0x9b05688c));
  lane.cdgh = _mm_set_epi32(0x3c6ef372, static_cast<int>(0xa54ff53a), 0x1f83d9ab, 0x5be0cd19);
}

/**
 * Four rounds, and the four words of the schedule that replace those used. Always inline, with constant places: what a pointer
 * could reach would be stored and loaded again in every round.
 */
template <size_t group>
[[gnu::always_inline]] inline void Four(Lane& lane) {
  constexpr size_t i = group & 3;
  Word4 k = _mm_add_epi32(lane.w[i], _mm_load_si128(reinterpret_cast<const Word4*>(kRound + 4 * group)));
  lane.cdgh = _mm_sha256rnds2_epu32(lane.cdgh, lane.abef, k);
  k = _mm_shuffle_epi32(k, 0x0e);
  lane.abef = _mm_sha256rnds2_epu32(lane.abef, lane.cdgh, k);
  if constexpr (group < 12) {
    const Word4 next = lane.w[(i + 1) & 3], third = lane.w[(i + 2) & 3], last = lane.w[(i + 3) & 3];
    const Word4 partial = _mm_add_epi32(_mm_sha256msg1_epu32(lane.w[i], next), _mm_alignr_epi8(last, third, 4));
    lane.w[i] = _mm_sha256msg2_epu32(partial, last);
  }
}

template <size_t... groups>
[[gnu::always_inline]] inline void Rounds(Lane& a, Lane& b, std::index_sequence<groups...>) {
  ((Four<groups>(a), Four<groups>(b)), ...);
}

/** FIPS 180-4, 6.2.2, for 64 bytes of both messages: the rounds of one wait while those of the other run. */
[[gnu::always_inline]] inline void Absorb(Lane& a, Lane& b, const uint8_t* bytes_a, const uint8_t* bytes_b) {
  const Word4 abef_a = a.abef, cdgh_a = a.cdgh, abef_b = b.abef, cdgh_b = b.cdgh;
  for (size_t i = 0; i < 4; ++i) {
    a.w[i] = LoadBigEndian(bytes_a + 16 * i);
    b.w[i] = LoadBigEndian(bytes_b + 16 * i);
  }
  Rounds(a, b, std::make_index_sequence<16>());
  a.abef = _mm_add_epi32(a.abef, abef_a);
  a.cdgh = _mm_add_epi32(a.cdgh, cdgh_a);
  b.abef = _mm_add_epi32(b.abef, abef_b);
  b.cdgh = _mm_add_epi32(b.cdgh, cdgh_b);
}

void Finish(const Lane& lane, Hash& out) {
  const Word4 feba = _mm_shuffle_epi32(lane.abef, 0x1b), dchg = _mm_shuffle_epi32(lane.cdgh, 0xb1);
  const Word4 dcba = _mm_blend_epi16(feba, dchg, 0xf0), hgfe = _mm_alignr_epi8(dchg, feba, 8);
  const Word4 order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  _mm_storeu_si128(reinterpret_cast<Word4*>(out.data()), _mm_shuffle_epi8(dcba, order));
  _mm_storeu_si128(reinterpret_cast<Word4*>(out.data() + 16), _mm_shuffle_epi8(hgfe, order));
}

}  // namespace

void LeafHashes2(const uint8_t* blocks, Hash out[2]) {
  const uint8_t* const first = blocks;
  const uint8_t* const second = blocks + kBlock;
  Lane a, b;
  Begin(a);
  Begin(b);
  // The prefix shifts all by one byte: stretches begin one byte before a multiple of 64.
  uint8_t edge[2][64];
  edge[0][0] = edge[1][0] = 0x00;
  memcpy(edge[0] + 1, first, 63);
  memcpy(edge[1] + 1, second, 63);
  Absorb(a, b, edge[0], edge[1]);
  for (size_t at = 63; at + 64 <= kBlock; at += 64) Absorb(a, b, first + at, second + at);
  constexpr uint64_t kBits = (uint64_t{kBlock} + 1) * 8;
  for (int lane = 0; lane < 2; ++lane) {
    memset(edge[lane], 0, 64);
    edge[lane][0] = blocks[static_cast<size_t>(lane + 1) * kBlock - 1];
    edge[lane][1] = 0x80;
    for (int i = 0; i < 8; ++i) edge[lane][63 - i] = static_cast<uint8_t>(kBits >> (8 * i));
  }
  Absorb(a, b, edge[0], edge[1]);
  Finish(a, out[0]);
  Finish(b, out[1]);
  explicit_bzero(edge, sizeof edge);
}

}  // namespace sherin

#pragma GCC pop_options

namespace sherin {

bool HasSha256Pairs() {
  static const bool has = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    // Intel SDM, CPUID leaf 7: EBX bit 29.
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1u << 29)) != 0 && __builtin_cpu_supports("sse4.1");
  }();
  return has;
}

}  // namespace sherin

#else

namespace sherin {

bool HasSha256Pairs() { return false; }
void LeafHashes2(const uint8_t*, Hash[2]) {}

}  // namespace sherin

#endif
