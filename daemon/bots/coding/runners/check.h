/* Tests in C: TEST(name) { assert(...); } in files named test_*.c. Each runs in a process of its own. */
#ifndef CHECK_H
#define CHECK_H

#undef NDEBUG
#include <assert.h>

struct check_test {
    const char *name;
    void (*run)(void);
    struct check_test *next;
};

void check_add(struct check_test *test);

/* The symbols check_register_NAME are how the tests of a file are known before any of it has run. */
#define TEST(test_name)                                                                           \
    static void check_run_##test_name(void);                                                      \
    static struct check_test check_test_##test_name = {#test_name, check_run_##test_name, 0};     \
    __attribute__((constructor)) void check_register_##test_name(void);                           \
    void check_register_##test_name(void) { check_add(&check_test_##test_name); }                 \
    static void check_run_##test_name(void)

#endif
