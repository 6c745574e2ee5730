"""AES-256-GCM (NIST FIPS 197, SP 800-38D) for 96-bit nonces.

All blocks of a message go through AES side by side: the state is 16 byte strings, string p holding byte p of
every block, so that SubBytes is one `bytes.translate` and everything else is XOR of long integers.
"""
import hmac


class TagMismatch(Exception):
    pass


def xtime(x):
    return ((x << 1) ^ (0x11B if x & 0x80 else 0)) & 0xFF


def _sbox():
    """Inverse in GF(2^8) by powers of the generator 3, then the affine map of FIPS 197 section 5.1.1."""
    power, log = [1], {1: 0}
    for i in range(1, 255):
        power.append(power[-1] ^ xtime(power[-1]))
        log[power[-1]] = i
    box = bytearray(256)
    for x in range(256):
        b = power[-log[x] % 255] if x else 0
        box[x] = b ^ 0x63
        for shift in range(1, 5):
            box[x] ^= (b << shift | b >> 8 - shift) & 0xFF
    return bytes(box)


SBOX = _sbox()
XTIME = bytes(xtime(x) for x in range(256))
SHIFT_ROWS = [(p + 4 * (p % 4)) % 16 for p in range(16)]


def xor(*parts):
    value = 0
    for part in parts:
        value ^= int.from_bytes(part, 'big')
    return value.to_bytes(len(parts[0]), 'big')


def expand_key(key):
    """15 round keys of 16 bytes (FIPS 197 section 5.2)."""
    words = [key[i:i + 4] for i in range(0, 32, 4)]
    round_constant = 1
    while len(words) < 60:
        word = words[-1]
        if len(words) % 8 == 0:
            word = (word[1:] + word[:1]).translate(SBOX)
            word = bytes([word[0] ^ round_constant]) + word[1:]
            round_constant = xtime(round_constant)
        elif len(words) % 8 == 4:
            word = word.translate(SBOX)
        words.append(xor(words[-8], word))
    return [b''.join(words[i:i + 4]) for i in range(0, 60, 4)]


def mix_columns(state):
    mixed = []
    for column in range(0, 16, 4):
        a = state[column:column + 4]
        total = xor(*a)
        mixed += [xor(a[i], total, xor(a[i], a[(i + 1) % 4]).translate(XTIME)) for i in range(4)]
    return mixed


def encrypt_blocks(round_keys, state):
    count = len(state[0])

    def add(round_key, strings):
        return [xor(strings[p], round_key[p:p + 1] * count) for p in range(16)]

    state = add(round_keys[0], state)
    for number, round_key in enumerate(round_keys[1:], 1):
        state = [string.translate(SBOX) for string in state]
        state = [state[SHIFT_ROWS[p]] for p in range(16)]
        state = add(round_key, state if number == 14 else mix_columns(state))
    return state


def counter_stream(round_keys, nonce, first, count):
    """Keystream of `count` blocks, the 32-bit counter starting at `first`."""
    counters = b''.join((first + i).to_bytes(4, 'big') for i in range(count))
    state = [nonce[p:p + 1] * count for p in range(12)] + [counters[p::4] for p in range(4)]
    stream = bytearray(16 * count)
    for p, string in enumerate(encrypt_blocks(round_keys, state)):
        stream[p::16] = string
    return bytes(stream)


def ghash_tables(h):
    """tables[i][b]: the product of H and byte b at position i (SP 800-38D section 6.3, bit 0 leftmost)."""
    rows, product = [], h
    for _ in range(128):
        rows.append(product)
        product = product >> 1 ^ (0xE1 << 120 if product & 1 else 0)
    tables = []
    for position in range(16):
        table = [0] * 256
        for bit in range(8):
            table[0x80 >> bit] = rows[8 * position + bit]
        for b in range(256):
            low = b & -b
            table[b] = table[low] ^ table[b ^ low] if b != low else table[b]
        tables.append(table)
    return tables


def ghash(tables, aad, ciphertext):
    lengths = (8 * len(aad)).to_bytes(8, 'big') + (8 * len(ciphertext)).to_bytes(8, 'big')
    data = aad + bytes(-len(aad) % 16) + ciphertext + bytes(-len(ciphertext) % 16) + lengths
    value = 0
    for at in range(0, len(data), 16):
        block = (value ^ int.from_bytes(data[at:at + 16], 'big')).to_bytes(16, 'big')
        value = 0
        for table, byte in zip(tables, block):
            value ^= table[byte]
    return value.to_bytes(16, 'big')


class Key:
    """A key, its schedule and tables made once."""

    def __init__(self, key):
        self.round_keys = expand_key(key)
        zero = encrypt_blocks(self.round_keys, [b'\0'] * 16)
        self.tables = ghash_tables(int.from_bytes(b''.join(zero), 'big'))

    def decrypt(self, nonce, aad, ciphertext, tag):
        stream = counter_stream(self.round_keys, nonce, 1, 1 + (len(ciphertext) + 15) // 16)
        expected = xor(ghash(self.tables, aad, ciphertext), stream[:16])
        if not hmac.compare_digest(expected, tag):
            raise TagMismatch()
        return xor(ciphertext, stream[16:16 + len(ciphertext)])
