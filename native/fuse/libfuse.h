#pragma once
/** The one version of libfuse's interface that this folder is written for. */
#define FUSE_USE_VERSION 312
#include <fuse3/fuse_lowlevel.h>
