#include "key_set.h"

#include <string.h>

#include <algorithm>
#include <mutex>
#include <string>

#include "../crypto/random.h"
#include "../failure.h"
#include "page_key.h"

namespace sherin {
namespace {

constexpr size_t kKey = 32;
/** What a rekey does not change, in the order in which it is sealed. */
constexpr std::array kIdentity = {Purpose::CubeId, Purpose::ObjectId, Purpose::Audit,
                                  Purpose::Token,  Purpose::Nv,       Purpose::Sign};

LockedBytes Derive(const LockedBytes& vmk, const Uuid& uuid, const char* purpose) {
  const std::string info = std::string("sherin/v1/") + purpose;
  return Hkdf(vmk.bytes(), {uuid.data(), uuid.size()},
              {reinterpret_cast<const uint8_t*>(info.data()), info.size()});
}

LockedBytes Joined(std::initializer_list<Bytes> keys) {
  LockedBytes joined(keys.size() * kKey);
  size_t at = 0;
  for (const Bytes& key : keys) {
    memcpy(joined.data() + at, key.data, kKey);
    at += kKey;
  }
  return joined;
}

LockedBytes Part(const LockedBytes& joined, size_t index) { return LockedBytes(joined.data() + index * kKey, kKey); }

LockedBytes CopyOfKey(const LockedBytes& key) { return LockedBytes(key.data(), key.size()); }

EpochKeys CopyOfEpoch(const EpochKeys& keys) {
  return {keys.epoch, CopyOfKey(keys.cube), CopyOfKey(keys.manifest), CopyOfKey(keys.journal)};
}

LockedBytes SegmentKey(Bytes key, const uint8_t salt[32], uint64_t segment) {
  uint8_t info[7 + 8];
  memcpy(info, "segment", 7);
  for (int i = 0; i < 8; ++i) info[7 + i] = static_cast<uint8_t>(segment >> (8 * i));
  return Hkdf(key, {salt, 32}, {info, sizeof info});
}

}  // namespace

KeySet::KeySet(LockedBytes vmk, const Uuid& uuid, const CarriedKeys& carried)
    : uuid_(uuid),
      epoch_(carried.epoch),
      vmk_(std::move(vmk)),
      subkeys_{Derive(vmk_, uuid, "cube"),     Derive(vmk_, uuid, "cube-id"), Derive(vmk_, uuid, "object-id"),
               Derive(vmk_, uuid, "manifest"), Derive(vmk_, uuid, "audit"),   Derive(vmk_, uuid, "token"),
               Derive(vmk_, uuid, "nv"),       Derive(vmk_, uuid, "sign"),  Derive(vmk_, uuid, "journal")} {
  OpenCarried(carried);
  Ed25519PublicKey(Subkey(Purpose::Sign), public_key_.data());
}

void KeySet::OpenCarried(const CarriedKeys& carried) {
  const Carrier carrier(vmk_, uuid_);
  if (carried.identity) {
    const LockedBytes keys = carrier.Open("identity", epoch_, *carried.identity);
    for (size_t i = 0; i < kIdentity.size(); ++i) subkeys_[static_cast<size_t>(kIdentity[i])] = Part(keys, i);
  }
  for (const SealedEpoch& former : carried.former) {
    const LockedBytes keys = carrier.Open("former", former.epoch, former.sealed);
    former_.push_back({former.epoch, Part(keys, 0), Part(keys, 1), Part(keys, 2)});
  }
}

bool KeySet::wiped() const {
  const std::shared_lock<std::shared_mutex> lock(mutex_);
  return wiped_;
}

void KeySet::Wipe() {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  WipeAll();
}

void KeySet::WipeAll() {
  wiped_ = true;
  vmk_.wipe();
  for (LockedBytes& subkey : subkeys_) subkey.wipe();
  former_.clear();
}

std::shared_lock<std::shared_mutex> KeySet::Use() const {
  std::shared_lock<std::shared_mutex> lock(mutex_);
  if (wiped_) throw Failure("EWIPED", "the keyring was wiped");
  return lock;
}

void KeySet::Hmac(Purpose purpose, std::initializer_list<Bytes> parts, uint8_t out[32]) const {
  const auto lock = Use();
  HmacSha256(Subkey(purpose), parts, out);
}

void KeySet::WithHmac(Purpose purpose, const std::function<void(HmacKey& key)>& use) const {
  const auto lock = Use();
  HmacKey key(Subkey(purpose));
  use(key);
}

void KeySet::Sign(Bytes message, uint8_t signature[64]) const {
  const auto lock = Use();
  Ed25519Signer(Subkey(Purpose::Sign), {public_key_.data(), public_key_.size()}).Sign(message, signature);
}

void KeySet::WithSigner(const std::function<void(Ed25519Signer& signer)>& use) const {
  const auto lock = Use();
  Ed25519Signer signer(Subkey(Purpose::Sign), {public_key_.data(), public_key_.size()});
  use(signer);
}

void KeySet::PublicKey(uint8_t out[32]) const {
  const auto lock = Use();
  memcpy(out, public_key_.data(), public_key_.size());
}

uint32_t KeySet::Epoch() const {
  const auto lock = Use();
  return epoch_;
}

std::vector<uint32_t> KeySet::FormerEpochs() const {
  const auto lock = Use();
  std::vector<uint32_t> epochs;
  for (const EpochKeys& keys : former_) epochs.push_back(keys.epoch);
  return epochs;
}

bool KeySet::HasEpoch(uint32_t epoch) const {
  const auto lock = Use();
  return CubeSecret(epoch).data != nullptr;
}

/** K_cube of an epoch; null data for one that is not there. */
Bytes KeySet::CubeSecret(uint32_t epoch) const {
  if (epoch == epoch_) return Subkey(Purpose::Cube);
  for (const EpochKeys& keys : former_)
    if (keys.epoch == epoch) return keys.cube.bytes();
  return {};
}

LockedBytes KeySet::CubeKey(const uint8_t salt[32], const uint8_t id[32], uint32_t epoch) const {
  const auto lock = Use();
  const Bytes secret = CubeSecret(epoch);
  if (secret.data == nullptr) throw Failure("ENOKEY", "the vault has no key of epoch " + std::to_string(epoch));
  uint8_t info[6 + 32 + 4];
  memcpy(info, "vertex", 6);
  memcpy(info + 6, id, 32);
  for (int i = 0; i < 4; ++i) info[38 + i] = static_cast<uint8_t>(epoch >> (8 * i));
  return Hkdf(secret, {salt, 32}, {info, sizeof info});
}

LockedBytes KeySet::JournalKey(const uint8_t salt[32], uint64_t segment) const {
  const auto lock = Use();
  return SegmentKey(Subkey(Purpose::Journal), salt, segment);
}

std::vector<LockedBytes> KeySet::JournalKeys(const uint8_t salt[32], uint64_t segment) const {
  const auto lock = Use();
  std::vector<LockedBytes> keys;
  keys.push_back(SegmentKey(Subkey(Purpose::Journal), salt, segment));
  for (auto former = former_.rbegin(); former != former_.rend(); ++former)
    keys.push_back(SegmentKey(former->journal.bytes(), salt, segment));
  return keys;
}

LockedBytes KeySet::Copy(Purpose purpose) const {
  const auto lock = Use();
  return CopyOf(purpose);
}

LockedBytes KeySet::CopyOf(Purpose purpose) const {
  const Bytes key = Subkey(purpose);
  return LockedBytes(key.data, key.size);
}

LockedBytes KeySet::ManifestKeyOf(Bytes page) const {
  const auto lock = Use();
  for (const EpochKeys& keys : former_)
    if (OpensFirstPage(keys.manifest.bytes(), page)) return CopyOfKey(keys.manifest);
  return CopyOf(Purpose::Manifest);
}

LockedBytes KeySet::Master() const {
  const auto lock = Use();
  return LockedBytes(vmk_.data(), vmk_.size());
}

void KeySet::Wrap(Bytes slot_key, const Nonce& nonce, Bytes aad, uint8_t ciphertext[32], uint8_t tag[16]) const {
  const auto lock = Use();
  Gcm(Gcm::Direction::Seal, slot_key).Seal(nonce, aad, vmk_.data(), vmk_.size(), ciphertext, tag);
}

std::shared_ptr<KeySet> KeySet::Successor() const {
  LockedBytes vmk(kKey);
  Random(vmk.data(), vmk.size());
  auto next = std::make_shared<KeySet>(std::move(vmk), uuid_);
  const auto lock = Use();
  next->epoch_ = epoch_ + 1;
  for (const Purpose purpose : kIdentity) next->subkeys_[static_cast<size_t>(purpose)] = CopyOf(purpose);
  next->public_key_ = public_key_;
  for (const EpochKeys& keys : former_) next->former_.push_back(CopyOfEpoch(keys));
  next->former_.push_back({epoch_, CopyOf(Purpose::Cube), CopyOf(Purpose::Manifest), CopyOf(Purpose::Journal)});
  return next;
}

CarriedKeys KeySet::Carried() const {
  const auto lock = Use();
  CarriedKeys carried;
  carried.epoch = epoch_;
  if (epoch_ == 0) return carried;
  const Carrier carrier(vmk_, uuid_);
  LockedBytes identity(kIdentity.size() * kKey);
  for (size_t i = 0; i < kIdentity.size(); ++i) memcpy(identity.data() + i * kKey, Subkey(kIdentity[i]).data, kKey);
  carried.identity = carrier.Seal("identity", epoch_, identity);
  for (const EpochKeys& keys : former_) {
    const LockedBytes joined = Joined({keys.cube.bytes(), keys.manifest.bytes(), keys.journal.bytes()});
    carried.former.push_back({keys.epoch, carrier.Seal("former", keys.epoch, joined)});
  }
  return carried;
}

void KeySet::TakeOver(KeySet& successor) {
  if (&successor == this) throw Failure("EINVAL", "a keyring does not succeed itself");
  const std::scoped_lock lock(mutex_, successor.mutex_);
  if (wiped_ || successor.wiped_) throw Failure("EWIPED", "the keyring was wiped");
  if (successor.epoch_ != epoch_ + 1 || successor.public_key_ != public_key_ || successor.uuid_ != uuid_)
    throw Failure("EINVAL", "that keyring is not the next one of this vault");
  vmk_ = std::move(successor.vmk_);
  for (size_t i = 0; i < kPurposes; ++i) subkeys_[i] = std::move(successor.subkeys_[i]);
  former_ = std::move(successor.former_);
  epoch_ = successor.epoch_;
  successor.WipeAll();
}

void KeySet::Forget(uint32_t epoch) {
  const std::unique_lock<std::shared_mutex> lock(mutex_);
  former_.erase(std::remove_if(former_.begin(), former_.end(),
                               [epoch](const EpochKeys& keys) { return keys.epoch == epoch; }),
                former_.end());
}

}  // namespace sherin
