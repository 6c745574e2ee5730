/* Counts the words of its input. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "crc.h"
#include "words.h"

#if LONG_BYTES < 4
#error "configure did not find out how large a long is"
#endif

int main(void) {
  struct words *words = words_new();
  char word[256];
  size_t all = 0;
  uint32_t crc = 0;
  while (words != NULL && scanf("%255s", word) == 1) {
    if (words_add(words, word) == 0) return 1;
    if (all++ > 0) crc = crc32_of(crc, word, strlen(word));
  }
  if (words == NULL) return 1;
  printf("%zu different words, %zu in all, crc %08" PRIx32 "\n", words_different(words), all, crc);
  words_free(words);
  return 0;
}
