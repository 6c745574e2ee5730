#!/bin/sh
# Lives and says nothing.
exec sleep 1000
