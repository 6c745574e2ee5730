#pragma once
#include <stddef.h>

struct words;

struct words *words_new(void);
void words_free(struct words *words);
/** Counts a word. Returns how often it has come, 0 when memory is out. */
size_t words_add(struct words *words, const char *word);
size_t words_different(const struct words *words);
