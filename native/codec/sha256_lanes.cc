#include "sha256_lanes.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

// GCC 12 warns inside its own intrinsics (_mm512_undefined_epi32): GCC bug 105593.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"

// Only the functions below are built for AVX-512; HasSha256Lanes asks the CPU first.
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw")

namespace sherin {
namespace {

using Word = __m512i;  // one 32-bit word of each of 16 messages

/** FIPS 180-4, 4.2.2. */
alignas(64) constexpr uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/** FIPS 180-4, 5.3.3. */
constexpr uint32_t kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                  0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

constexpr int kXor3 = 0x96, kChoose = 0xca, kMajority = 0xe8;  // truth tables of vpternlog

inline Word Xor3(Word a, Word b, Word c) { return _mm512_ternarylogic_epi32(a, b, c, kXor3); }
inline Word Sum(Word a, Word b) { return _mm512_add_epi32(a, b); }

inline Word BigSigma0(Word x) {
  return Xor3(_mm512_ror_epi32(x, 2), _mm512_ror_epi32(x, 13), _mm512_ror_epi32(x, 22));
}
inline Word BigSigma1(Word x) {
  return Xor3(_mm512_ror_epi32(x, 6), _mm512_ror_epi32(x, 11), _mm512_ror_epi32(x, 25));
}
inline Word SmallSigma0(Word x) {
  return Xor3(_mm512_ror_epi32(x, 7), _mm512_ror_epi32(x, 18), _mm512_srli_epi32(x, 3));
}
inline Word SmallSigma1(Word x) {
  return Xor3(_mm512_ror_epi32(x, 17), _mm512_ror_epi32(x, 19), _mm512_srli_epi32(x, 10));
}

/** Bytes of each 32-bit word from big-endian. */
inline Word Swap(Word x) {
  const Word order = _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  return _mm512_shuffle_epi8(x, order);
}

/** Rows are 64 bytes of a message each; afterwards row i has word i of all messages. */
void Transpose(Word r[16]) {
  Word t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

/** FIPS 180-4, 6.2.2, for 16 messages; `w` holds the first 16 words of the schedule and is used up. */
inline void Compress(Word state[8], Word w[16]) {
  Word a = state[0], b = state[1], c = state[2], d = state[3];
  Word e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 64
  for (int i = 0; i < 64; ++i) {
    if (i >= 16) {
      w[i & 15] = Sum(Sum(w[i & 15], SmallSigma0(w[(i + 1) & 15])), Sum(w[(i + 9) & 15], SmallSigma1(w[(i + 14) & 15])));
    }
    const Word constant = _mm512_set1_epi32(static_cast<int>(kRound[i]));
    const Word t1 = Sum(Sum(Sum(h, BigSigma1(e)), Sum(constant, w[i & 15])), _mm512_ternarylogic_epi32(e, f, g, kChoose));
    const Word t2 = Sum(BigSigma0(a), _mm512_ternarylogic_epi32(a, b, c, kMajority));
    h = g;
    g = f;
    f = e;
    e = Sum(d, t1);
    d = c;
    c = b;
    b = a;
    a = Sum(t1, t2);
  }
  const Word out[8] = {a, b, c, d, e, f, g, h};
  for (int i = 0; i < 8; ++i) state[i] = Sum(state[i], out[i]);
}

void Begin(Word state[8]) {
  for (int i = 0; i < 8; ++i) state[i] = _mm512_set1_epi32(static_cast<int>(kInitial[i]));
}

/** The next 64 bytes of each message, `stride` bytes apart. */
void Absorb(Word state[8], const uint8_t* rows, size_t stride) {
  Word w[16];
  for (size_t lane = 0; lane < 16; ++lane) w[lane] = Swap(_mm512_loadu_si512(rows + lane * stride));
  Transpose(w);
  Compress(state, w);
}

void Finish(const Word state[8], size_t count, Hash* out) {
  Word rows[16];
  for (int i = 0; i < 8; ++i) rows[i] = state[i];
  for (int i = 8; i < 16; ++i) rows[i] = _mm512_setzero_si512();
  Transpose(rows);
  for (size_t lane = 0; lane < count; ++lane) {
    const __m256i digest = _mm512_castsi512_si256(Swap(rows[lane]));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out[lane].data()), digest);
  }
}

/** The last 64 bytes of a message of `size` bytes, of which `rest` ≤ 55 remain. */
void PutEnd(uint8_t block[64], const uint8_t* data, size_t rest, size_t size) {
  memset(block, 0, 64);
  memcpy(block, data, rest);
  block[rest] = 0x80;
  const uint64_t bits = uint64_t{size} * 8;
  for (int i = 0; i < 8; ++i) block[63 - i] = static_cast<uint8_t>(bits >> (8 * i));
}

}  // namespace

void LeafHashes16(const uint8_t* const blocks[16], Hash out[16]) {
  // Blocks 4 KiB apart fall into one set of the level-1 cache, which is smaller than 16 lines. Staging a stretch of each
  // reads every line once; it also shifts the data behind the prefix.
  constexpr size_t kStretch = 512;
  uint8_t stage[16][kStretch];
  Word state[8];
  Begin(state);
  for (size_t at = 0; at < kBlock; at += kStretch) {
    for (size_t lane = 0; lane < 16; ++lane) {
      const uint8_t* const block = blocks[lane];
      stage[lane][0] = at == 0 ? 0x00 : block[at - 1];
      memcpy(stage[lane] + 1, block + at, kStretch - 1);
    }
    for (size_t from = 0; from < kStretch; from += 64) Absorb(state, stage[0] + from, kStretch);
  }
  for (size_t lane = 0; lane < 16; ++lane) PutEnd(stage[lane], blocks[lane] + kBlock - 1, 1, kBlock + 1);
  Absorb(state, stage[0], kStretch);
  Finish(state, 16, out);
  explicit_bzero(stage, sizeof stage);
}

void NodeHashes16(const Hash* pairs, size_t count, Hash* out) {
  uint8_t message[16][128] = {};
  Word state[8];
  Begin(state);
  for (size_t lane = 0; lane < count; ++lane) {
    const uint8_t* const pair = pairs[2 * lane].data();
    message[lane][0] = 0x01;
    memcpy(message[lane] + 1, pair, 63);
    PutEnd(message[lane] + 64, pair + 63, 1, 65);
  }
  Absorb(state, message[0], sizeof message[0]);
  Absorb(state, message[0] + 64, sizeof message[0]);
  Finish(state, count, out);
}

}  // namespace sherin

#pragma GCC pop_options

namespace sherin {

bool HasSha256Lanes() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  return has;
}

}  // namespace sherin

#else

namespace sherin {

bool HasSha256Lanes() { return false; }
void LeafHashes16(const uint8_t* const[16], Hash[16]) {}
void NodeHashes16(const Hash*, size_t, Hash*) {}

}  // namespace sherin

#endif
