#pragma once
#include "../memory/pages.h"
#include "layout.h"

namespace sherin {

/** Page-aligned buffers of one worker thread, wiped when the thread ends. */
class Scratch {
 public:
  /** Room for a cube file, header and body, or for sixteen of one vertex. */
  uint8_t* ciphertext();
  /** Room for one cube's plaintext, locked where the limit allows. */
  uint8_t* plaintext();
  /** Room for one vertex's plaintext. */
  uint8_t* vertex();

 private:
  Pages ciphertext_;
  Pages plaintext_;
  Pages vertex_;
};

Scratch& ThreadScratch();

}  // namespace sherin
