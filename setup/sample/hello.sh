#!/bin/sh
# Modes are kept: this runs straight from the mount.
echo "Hello from $(dirname "$0")"
