#!/bin/sh
# Runs the test that is named, then tells on descriptor 3 what gcov says of the lines that have run. All of it is in the test's own /tmp.
# /build/program.gcda becomes /tmp/coverage/program.gcda.
mkdir /tmp/coverage
GCOV_PREFIX=/tmp/coverage GCOV_PREFIX_STRIP=1 /build/tests "$1"
status=$?
cd /tmp/coverage && cp /build/*.gcno . && gcov --json-format --stdout ./*.gcno >&3
exit $status
