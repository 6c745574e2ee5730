#include "words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crc.h"

enum { slots = 1024 };

struct entry {
  struct entry *next;
  size_t count;
  char text[];
};

struct words {
  struct entry *heads[slots];
  size_t different;
};

struct words *words_new(void) { return calloc(1, sizeof(struct words)); }

void words_free(struct words *words) {
  for (size_t at = 0; at < slots; at++) {
    for (struct entry *entry = words->heads[at], *next; entry != NULL; entry = next) {
      next = entry->next;
      free(entry);
    }
  }
  free(words);
}

size_t words_add(struct words *words, const char *word) {
  size_t length = strlen(word);
  struct entry **head = &words->heads[crc32_of(0, word, length) % slots];
  for (struct entry *entry = *head; entry != NULL; entry = entry->next)
    if (strcmp(entry->text, word) == 0) return ++entry->count;
  struct entry *entry = malloc(sizeof *entry + length + 1);
  if (entry == NULL) return 0;
  entry->next = *head;
  entry->count = 1;
  memcpy(entry->text, word, length + 1);
  *head = entry;
  words->different++;
  return 1;
}

size_t words_different(const struct words *words) { return words->different; }
