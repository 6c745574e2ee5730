#pragma once
#include <napi.h>

#include "facts.h"
#include "nv.h"
#include "pcr.h"
#include "quote.h"
#include "seal.h"

namespace sherin::tpm {

// JavaScript values of native/tpm.ts from and to this folder's structures. All "Read" functions check types, sizes
// and ranges. @throws Napi::TypeError, NativeError EINVAL, EWIPED

TPMI_ALG_HASH ReadBank(const Napi::Value& value);
/** 0–23, no duplicates, at least one; returned in ascending order. */
std::vector<uint32_t> ReadPcrs(const Napi::Value& value);
NvIndex ReadNvIndex(const Napi::Value& value);
/** A Secret of 1–32 bytes, or null. */
std::shared_ptr<LockedBytes> ReadAuth(const Napi::Value& value);
/** Refuses the PCRs that software can reset (16 and 23: TCG PC Client Platform TPM Profile, 4.6.2). */
Policy ReadPolicy(const Napi::Value& value);
Sealed ReadSealed(const Napi::Value& value);
AttestationKey ReadAttestationKey(const Napi::Value& value);
std::vector<uint8_t> ReadBytes(const Napi::Value& value, const char* what, size_t least, size_t most);

Napi::Value Write(Napi::Env env, const std::vector<uint8_t>& bytes);
Napi::Value Write(Napi::Env env, const Sealed& sealed);
Napi::Value Write(Napi::Env env, const AttestationKey& key);
Napi::Value Write(Napi::Env env, const QuoteOf& quote);
Napi::Value Write(Napi::Env env, const PcrValues& values);
Napi::Value Write(Napi::Env env, const NewCounter& counter);
Napi::Value Write(Napi::Env env, const Facts& facts);

}  // namespace sherin::tpm
