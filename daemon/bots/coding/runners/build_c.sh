#!/bin/sh
# Compiles the program with counters, its tests without, and links both with check.c. Words: files of the program, --, files of tests.
# Its headers are found in quotes only: none stands in the place of one of the system.
set -e
cd /build
objects=
counted='--coverage -Dmain=program_main'
for file; do
  if [ "$file" = -- ]; then
    counted=
    continue
  fi
  object="${file%.c}.o"
  gcc -std=gnu17 -O0 -g -fno-diagnostics-color -iquote /task -iquote /runners $counted -c "/task/$file" -o "$object"
  objects="$objects $object"
done
gcc -std=gnu17 -O1 -c /runners/check.c -o check-runner.o
gcc --coverage $objects check-runner.o -lm -pthread -o tests
