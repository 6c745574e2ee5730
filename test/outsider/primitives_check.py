"""Runs published vectors (JSON files of test/vectors, given as arguments) through the primitives of this folder."""
import json
import sys

import aes_gcm
import chacha_poly
import ed25519

unhex = bytes.fromhex


def gcm(v):
    sealed = unhex(v['nonce']), unhex(v['aad']), unhex(v['ciphertext']), unhex(v['tag'])
    return aes_gcm.Key(unhex(v['key'])).decrypt(*sealed) == unhex(v['plaintext'])


def stream(v):
    if v['kind'] == 'poly1305':
        return chacha_poly.poly1305(unhex(v['key']), unhex(v['message'])) == unhex(v['tag'])
    made = chacha_poly.chacha20(unhex(v['key']), unhex(v['nonce']), v['counter'], unhex(v['plaintext']))
    return made == unhex(v['ciphertext'])


def signature(v):
    key, message, good = unhex(v['publicKey']), unhex(v['message']), unhex(v['signature'])
    bad = good[:-1] + bytes([good[-1] ^ 1])
    return (ed25519.public_key(unhex(v['seed'])) == key and ed25519.verify(key, message, good)
            and not ed25519.verify(key, message, bad) and not ed25519.verify(key, message + b'x', good))


CHECKS = {'aes-256-gcm': gcm, 'chacha20-poly1305': stream, 'ed25519': signature}

for path in sys.argv[1:]:
    name = path.rsplit('/', 1)[-1].rsplit('.', 1)[0]
    with open(path, encoding='utf-8') as file:
        for number, vector in enumerate(json.load(file)['vectors']):
            print(name, number, 'good' if CHECKS[name](vector) else 'BAD')
