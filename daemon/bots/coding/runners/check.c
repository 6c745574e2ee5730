/* Runs the one test that is named and tells on descriptor 3 what came of it, behind the token that it was given there. */
#include "check.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* libgcov */
void __gcov_dump(void);

static char token[33];
static struct check_test *tests;

/* Before the constructors of the program. */
__attribute__((constructor(101))) static void take_token(void) {
    for (size_t size = 0; size < 32;) {
        ssize_t got = read(3, token + size, 32 - size);
        if (got <= 0) _exit(2);
        size += (size_t)got;
    }
    fcntl(3, F_SETFD, FD_CLOEXEC);
}

void check_add(struct check_test *test) {
    test->next = tests;
    tests = test;
}

static void say(const char *outcome, const char *message) {
    char line[2048];
    int size = snprintf(line, sizeof line, "%s {\"outcome\":\"%s\",\"message\":\"", token, outcome);
    for (const char *c = message; *c != 0 && size < (int)sizeof line - 8; c++) {
        if (*c == '"' || *c == '\\') line[size++] = '\\';
        line[size++] = (unsigned char)*c < ' ' ? ' ' : *c;
    }
    size += snprintf(line + size, sizeof line - (size_t)size, "\"}\n");
    /* Coverage first: it is over with this process. */
    __gcov_dump();
    if (write(3, line, (size_t)size) != size) _exit(2);
    _exit(0);
}

/* What assert(3) calls in the GNU C library. */
void __assert_fail(const char *expression, const char *file, unsigned line, const char *function) {
    char message[1024];
    const char *name = strrchr(file, '/');
    (void)function;
    snprintf(message, sizeof message, "%s:%u: %s", name ? name + 1 : file, line, expression);
    say("failed", message);
    __builtin_unreachable();
}

int main(int count, char **words) {
    for (struct check_test *test = tests; count == 2 && test != 0; test = test->next) {
        if (strcmp(test->name, words[1]) != 0) continue;
        test->run();
        say("passed", "");
    }
    return 2;
}
