#pragma once
#include <cstdio>
#include <cstdlib>

/** Ends the program where an expectation fails. */
#define CHECK(expectation)                                                            \
  do {                                                                                \
    if (!(expectation)) {                                                             \
      std::fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #expectation); \
      std::_Exit(1);                                                                  \
    }                                                                                 \
  } while (false)
