#pragma once
#include <cstdint>
#include <string>

namespace sherin::tpm {

/** What the TPM answered, without the software layer that passed it on (a resource manager answers in its own). */
uint32_t ResponseCode(uint32_t rc);

/** A response code without the number of the handle, session or parameter that it blames (TPM 2.0 Part 2, 6.6.2). */
uint32_t BaseCode(uint32_t response);

/** True where the TPM no longer knows a session or an object that it once gave: it was reset, or another flushed it. */
bool IsStale(uint32_t response);

/** A sentence for a response code of `call`. */
std::string Words(uint32_t response, const std::string& call);

}  // namespace sherin::tpm
