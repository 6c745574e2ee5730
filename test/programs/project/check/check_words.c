#include <stdio.h>

#include "words.h"

int main(void) {
  struct words *words = words_new();
  char text[16];
  int good = words != NULL;
  for (int turn = 0; good && turn < 3; turn++) {
    for (int number = 0; number < 5000; number++) {
      snprintf(text, sizeof text, "word%d", number);
      good = good && words_add(words, text) == (size_t)turn + 1;
    }
  }
  good = good && words_different(words) == 5000;
  if (words != NULL) words_free(words);
  puts(good ? "words: passed" : "words: failed");
  return !good;
}
