"""The key tree and signatures of FORMAT.md, "Keys"."""
import hmac as hmac_module
from collections import namedtuple

import ed25519
from layout import must

#: `identity`: purpose → key; `former`: epoch → {'cube', 'manifest', 'journal'} (FORMAT.md, "Key epochs").
Master = namedtuple('Master', 'vmk uuid epoch identity former')
IDENTITY = 'cube-id object-id audit token nv sign'.split()
CONTENT = 'cube manifest journal'.split()


def hmac(key, data):
    return hmac_module.new(key, data, 'sha256').digest()


def hkdf(key, salt, info):
    """HKDF-SHA256 (RFC 5869) with 32 bytes of output: extract, then one block of expand."""
    return hmac(hmac(salt, key), info + b'\1')


def derive(vmk, uuid, purpose):
    return hkdf(vmk, uuid, b'sherin/v1/' + purpose.encode())


def subkey(master, purpose):
    return master.identity.get(purpose) or derive(master.vmk, master.uuid, purpose)


def cube_secret(master, epoch):
    if epoch == master.epoch:
        return subkey(master, 'cube')
    must(epoch in master.former, 'there is no key of epoch %d' % epoch)
    return master.former[epoch]['cube']


def manifest_keys(master):
    return [subkey(master, 'manifest')] + [keys['manifest'] for keys in master.former.values()]


def journal_keys(master):
    return [subkey(master, 'journal')] + [keys['journal'] for keys in master.former.values()]


def check_signature(public_key, uuid, kind, layout, signature):
    message = b'sherin/v1/' + kind.encode() + b'\0' + uuid + layout
    must(ed25519.verify(public_key, message, signature), 'the signature of the %s does not verify' % kind)
