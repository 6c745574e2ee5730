#include "scratch.h"

namespace sherin {
namespace {

uint8_t* Ready(Pages& pages, size_t size) {
  if (pages.data() == nullptr) pages = Pages::ForPlaintext(size);
  return pages.data();
}

}  // namespace

uint8_t* Scratch::ciphertext() {
  if (ciphertext_.data() == nullptr) ciphertext_ = Pages::Plain(kVertices * (kHeader + kVertex));
  return ciphertext_.data();
}

uint8_t* Scratch::plaintext() { return Ready(plaintext_, kCube); }
uint8_t* Scratch::vertex() { return Ready(vertex_, kVertex); }

Scratch& ThreadScratch() {
  thread_local Scratch scratch;
  return scratch;
}

}  // namespace sherin
