"""ChaCha20 and Poly1305 (RFC 8439)."""
import struct

MASK = 0xFFFFFFFF


def keystream(key, nonce, counter, blocks):
    """`blocks` blocks of 64 bytes; the 32-bit counter wraps.

    All blocks side by side: each state word is one long integer with a lane of 64 bits a block.
    """
    ones = sum(1 << 64 * i for i in range(blocks))
    low = ones * MASK
    counters = sum((counter + i & MASK) << 64 * i for i in range(blocks))
    words = struct.unpack('<4I', b'expand 32-byte k') + struct.unpack('<8I', key)
    start = [ones * word for word in words] + [counters]
    start += [ones * word for word in struct.unpack('<3I', nonce)]
    x = list(start)

    def turn(value, bits):
        return (value << bits | value >> 32 - bits) & low

    def quarter(a, b, c, d):
        x[a] = x[a] + x[b] & low
        x[d] = turn(x[d] ^ x[a], 16)
        x[c] = x[c] + x[d] & low
        x[b] = turn(x[b] ^ x[c], 12)
        x[a] = x[a] + x[b] & low
        x[d] = turn(x[d] ^ x[a], 8)
        x[c] = x[c] + x[d] & low
        x[b] = turn(x[b] ^ x[c], 7)

    for _ in range(10):
        for i in range(4):
            quarter(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    lanes = [(x[i] + start[i] & low).to_bytes(8 * blocks, 'little') for i in range(16)]
    stream = bytearray(64 * blocks)
    for word, lane in enumerate(lanes):
        for byte in range(4):
            stream[4 * word + byte::64] = lane[byte::8]
    return bytes(stream)


def chacha20(key, nonce, counter, data):
    stream = keystream(key, nonce, counter, (len(data) + 63) // 64)[:len(data)]
    return (int.from_bytes(data, 'big') ^ int.from_bytes(stream, 'big')).to_bytes(len(data), 'big')


def poly1305(key, message):
    r = int.from_bytes(key[:16], 'little') & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b'\1', 'little')) * r % (2 ** 130 - 5)
    return (total + int.from_bytes(key[16:], 'little') & 2 ** 128 - 1).to_bytes(16, 'little')
