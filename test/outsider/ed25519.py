"""Ed25519 verification and public keys (RFC 8032 section 5.1), in extended coordinates."""
import hashlib

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def multiply(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point = add(point, point)
        scalar >>= 1
    return result


def decode(data):
    """A point, or None for bytes that encode none."""
    y = int.from_bytes(data, 'little')
    sign, y = y >> 255, y & 2 ** 255 - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def encode(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, 'little')


BASE = decode((4 * pow(5, P - 2, P) % P).to_bytes(32, 'little'))


def public_key(seed):
    digest = int.from_bytes(hashlib.sha512(seed).digest()[:32], 'little')
    return encode(multiply(digest & 2 ** 254 - 8 | 2 ** 254, BASE))


def verify(public, message, signature):
    point, commitment = decode(public), decode(signature[:32])
    s = int.from_bytes(signature[32:], 'little')
    if len(signature) != 64 or point is None or commitment is None or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), 'little') % L
    return encode(multiply(s, BASE)) == encode(add(commitment, multiply(k, point)))
