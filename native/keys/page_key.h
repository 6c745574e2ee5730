#pragma once
#include "../memory/bytes.h"

namespace sherin {

/** Whether page 1 of a database authenticates under a key (FORMAT.md, "Manifest database", "Page"). False for any other bytes. @throws Failure */
bool OpensFirstPage(Bytes key, Bytes page);

}  // namespace sherin
