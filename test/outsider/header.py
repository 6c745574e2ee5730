"""Recovery key, vault header and recovery slot (FORMAT.md, "Header" and "Key slots")."""
import re
from collections import namedtuple

import aes_gcm
import ed25519
from keys import CONTENT, IDENTITY, Master, check_signature, derive, hkdf, subkey
from layout import Refused, base32_bytes, base64_bytes, jcs, members, must, parse_jcs, sha256, u32, u64, whole

Header = namedtuple('Header', 'generation hash public_key owned')
MEMBERS = 'format suite uuid generation created epoch pad owned publicKey counter slots signature'.split()


def parse_recovery_key(text):
    digits = re.sub(r'[\s-]', '', text).lower()
    must(len(digits) == 56, 'a recovery key has 56 characters, this has %d' % len(digits))
    data = base32_bytes(digits)
    key, check = data[:32], data[32:]
    must(check == sha256(b'sherin/v1/recovery-check', key)[:3], 'the recovery key is mistyped: its checksum is wrong')
    return key


def open_slot(uuid, slot, recovery_key):
    """The vault master key, or None when the key is not the slot's."""
    members(slot, 'id', 'type', 'salt', 'wrapped', *(['created'] if 'created' in slot else []))
    wrapped = members(slot['wrapped'], 'nonce', 'ciphertext', 'tag')
    key = hkdf(recovery_key, base64_bytes(slot['salt'], 32), b'sherin/v1/slot-recovery')
    parameters = {name: value for name, value in slot.items() if name != 'wrapped'}
    aad = uuid + b'recovery\0' + jcs(parameters)
    sealed = [base64_bytes(wrapped[name], size) for name, size in (('nonce', 12), ('ciphertext', 32), ('tag', 16))]
    try:
        return aes_gcm.Key(key).decrypt(sealed[0], aad, *sealed[1:])
    except aes_gcm.TagMismatch:
        return None


def open_keys(vmk, uuid, what, epoch, wrapped, names):
    members(wrapped, 'nonce', 'ciphertext', 'tag')
    sealed = [base64_bytes(wrapped[name], size)
              for name, size in (('nonce', 12), ('ciphertext', 32 * len(names)), ('tag', 16))]
    aad = uuid + what + b'\0' + u32(epoch)
    try:
        keys = aes_gcm.Key(derive(vmk, uuid, 'carry')).decrypt(sealed[0], aad, *sealed[1:])
    except aes_gcm.TagMismatch:
        raise Refused('the master key does not open the keys that it carries over') from None
    return {name: keys[32 * i:32 * i + 32] for i, name in enumerate(names)}


def open_carried(vmk, uuid, epoch, keys):
    """The master key with what it carries over from those before it."""
    must((keys is None) == (epoch == 0), 'keys are carried from epoch 1 on')
    if keys is None:
        return Master(vmk, uuid, 0, {}, {})
    members(keys, 'identity', 'former')
    identity = open_keys(vmk, uuid, b'identity', epoch, keys['identity'], IDENTITY)
    former = {}
    must(isinstance(keys['former'], list) and len(keys['former']) <= 8, 'at most 8 former epochs')
    for each in keys['former']:
        members(each, 'epoch', 'counters', 'wrapped')
        number = whole(each['epoch'], max(former, default=-1) + 1, epoch - 1)
        former[number] = open_keys(vmk, uuid, b'former', number, each['wrapped'], CONTENT)
    return Master(vmk, uuid, epoch, identity, former)


def open_header(data, recovery_key):
    """(master, header), the header's signature checked under the key that the recovery slot holds."""
    must(len(data) <= 65536, 'vault.json is longer than 64 KiB')
    values = parse_jcs(data)
    members(values, *MEMBERS, *(['keys'] if 'keys' in values else []))
    must(values['format'] == 1 and values['suite'] == 1, 'vault.json is of another format or suite')
    must(isinstance(values['uuid'], str) and re.fullmatch(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', values['uuid']), 'uuid')
    must(isinstance(values['owned'], bool), 'owned')
    must(isinstance(values['slots'], list) and 1 <= len(values['slots']) <= 16, 'slots')
    uuid = bytes.fromhex(values['uuid'].replace('-', ''))
    public_key = base64_bytes(values['publicKey'], 32)
    slots = [slot for slot in values['slots'] if isinstance(slot, dict) and slot.get('type') == 'recovery']
    vmk = next((key for key in (open_slot(uuid, slot, recovery_key) for slot in slots) if key), None)
    if vmk is None:
        raise Refused('that is not the recovery key of this vault')
    master = open_carried(vmk, uuid, whole(values['epoch'], 0, 65535), values.get('keys'))
    must(ed25519.public_key(subkey(master, 'sign')) == public_key, 'the public key in vault.json is not this vault’s')
    unsigned = {name: value for name, value in values.items() if name != 'signature'}
    generation, digest = whole(values['generation'], 1, 2 ** 53 - 1), sha256(jcs(unsigned))
    check_signature(public_key, uuid, 'header', u64(generation) + digest, base64_bytes(values['signature'], 64))
    return master, Header(generation, digest, public_key, values['owned'])
