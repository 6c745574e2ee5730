"""The key tree and signatures of FORMAT.md, "Keys"."""
import hmac as hmac_module
from collections import namedtuple

import ed25519
from layout import must

Master = namedtuple('Master', 'vmk uuid')


def hmac(key, data):
    return hmac_module.new(key, data, 'sha256').digest()


def hkdf(key, salt, info):
    """HKDF-SHA256 (RFC 5869) with 32 bytes of output: extract, then one block of expand."""
    return hmac(hmac(salt, key), info + b'\1')


def subkey(master, purpose):
    return hkdf(master.vmk, master.uuid, b'sherin/v1/' + purpose.encode())


def check_signature(public_key, uuid, kind, layout, signature):
    message = b'sherin/v1/' + kind.encode() + b'\0' + uuid + layout
    must(ed25519.verify(public_key, message, signature), 'the signature of the %s does not verify' % kind)
