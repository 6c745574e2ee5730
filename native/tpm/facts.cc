#include "facts.h"

#include <sys/random.h>

#include <cerrno>
#include <map>


namespace sherin::tpm {
namespace {

using Properties = std::map<TPM2_PT, uint32_t>;

void ReadProperties(Client& client, TPM2_PT first, Properties& properties) {
  TPMI_YES_NO more;
  Given<TPMS_CAPABILITY_DATA> data;
  client.Check(Esys_GetCapability(client.esys(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE, TPM2_CAP_TPM_PROPERTIES,
                                  first, TPM2_MAX_TPM_PROPERTIES, &more, data.out()),
               "TPM2_GetCapability");
  const TPML_TAGGED_TPM_PROPERTY& list = data->data.tpmProperties;
  for (UINT32 i = 0; i < list.count; i++) properties[list.tpmProperty[i].property] = list.tpmProperty[i].value;
}

/** Four characters a property, most significant first, zero-padded; anything unprintable becomes a question mark. */
void AppendText(std::string& text, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char letter = static_cast<char>(value >> shift);
    if (letter != 0) text += letter >= 0x20 && letter < 0x7f ? letter : '?';
  }
}

Facts Collect(Client& client) {
  Properties properties;
  ReadProperties(client, TPM2_PT_FIXED, properties);
  ReadProperties(client, TPM2_PT_VAR, properties);
  Facts facts;
  AppendText(facts.manufacturer, properties[TPM2_PT_MANUFACTURER]);
  for (const TPM2_PT part : {TPM2_PT_VENDOR_STRING_1, TPM2_PT_VENDOR_STRING_2, TPM2_PT_VENDOR_STRING_3,
                             TPM2_PT_VENDOR_STRING_4}) {
    AppendText(facts.vendor, properties[part]);
  }
  const uint32_t firmware = properties[TPM2_PT_FIRMWARE_VERSION_1];
  facts.firmware = std::to_string(firmware >> 16) + "." + std::to_string(firmware & 0xffff);
  facts.lockoutCounter = properties[TPM2_PT_LOCKOUT_COUNTER];
  facts.maxAuthFail = properties[TPM2_PT_MAX_AUTH_FAIL];
  facts.lockoutInterval = properties[TPM2_PT_LOCKOUT_INTERVAL];
  facts.lockoutRecovery = properties[TPM2_PT_LOCKOUT_RECOVERY];
  facts.inLockout = (properties[TPM2_PT_PERMANENT] & TPMA_PERMANENT_INLOCKOUT) != 0;
  facts.lockoutAuthSet = (properties[TPM2_PT_PERMANENT] & TPMA_PERMANENT_LOCKOUTAUTHSET) != 0;
  return facts;
}

std::shared_ptr<LockedBytes> Mix(Client& client, size_t length) {
  auto bytes = std::make_shared<LockedBytes>(length);
  if (getrandom(bytes->data(), length, 0) != static_cast<ssize_t>(length)) throw Failure::Errno(errno, "getrandom");
  Given<TPM2B_DIGEST> random;
  client.Check(Esys_GetRandom(client.esys(), client.Session(TPMA_SESSION_ENCRYPT), ESYS_TR_NONE, ESYS_TR_NONE,
                              static_cast<UINT16>(length), random.out()),
               "TPM2_GetRandom");
  // A TPM may answer with fewer bytes than asked for (TPM 2.0 Part 3, 16.1).
  if (random->size < length) throw Failure("ETPM", "the TPM returned too few random bytes");
  for (size_t i = 0; i < length; i++) bytes->data()[i] ^= random->buffer[i];
  return bytes;
}

}  // namespace

Facts ReadFacts(Client& client) {
  return client.Retry([&] { return Collect(client); });
}

std::shared_ptr<LockedBytes> Random(Client& client, size_t length) {
  return client.Retry([&] { return Mix(client, length); });
}

}  // namespace sherin::tpm
