import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { base32Encode } from '../../common/base32.js';
import { Secret } from '../index.js';

const folder = mkdtempSync(join(tmpdir(), 'sherin-secret-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const code = (name: string) => expect.objectContaining({ code: name });

function fromFile(content: Buffer | string, limit: number): Secret {
  const path = join(folder, 'input');
  writeFileSync(path, content);
  const fd = openSync(path, 'r');
  try {
    return Secret.readFd(fd, limit);
  } finally {
    closeSync(fd);
  }
}

function recoveryText(key: Secret): string {
  const path = join(folder, 'recovery');
  const fd = openSync(path, 'w', 0o600);
  Secret.writeRecoveryKey(key, fd);
  closeSync(fd);
  return readFileSync(path, 'latin1');
}

describe('Secret', () => {
  it('takes a buffer and leaves zeros behind', () => {
    const buffer = Buffer.from('correct horse');
    const secret = Secret.take(buffer);
    expect(secret.length).toBe(13);
    expect(buffer.every((byte) => byte === 0)).toBe(true);
    expect(Secret.equal(secret, Secret.take(Buffer.from('correct horse')))).toBe(true);
  });

  it('draws different bytes each time', () => {
    expect(Secret.equal(Secret.random(32), Secret.random(32))).toBe(false);
    expect(Secret.random(4096).length).toBe(4096);
  });

  it('is empty and unusable after wipe, twice over', () => {
    const secret = Secret.random(32);
    secret.wipe();
    secret.wipe();
    expect(secret.length).toBe(0);
    expect(() => Secret.equal(secret, Secret.random(32))).toThrow(code('EWIPED'));
    expect(() => Secret.hkdf([secret], Buffer.alloc(0), Buffer.alloc(0))).toThrow(code('EWIPED'));
  });

  it('does not confuse lengths with prefixes', () => {
    const [a, b] = [Secret.take(Buffer.from('aa')), Secret.take(Buffer.from('aaa'))];
    expect(Secret.equal(a, b)).toBe(false);
  });

  it('shows nothing of itself', () => {
    const secret = Secret.take(Buffer.from('correct horse'));
    expect(JSON.stringify(secret)).toBe('{}');
    expect(Object.getOwnPropertyNames(secret)).toEqual([]);
  });

  it('refuses misuse', () => {
    expect(() => Reflect.construct(Secret as unknown as new () => Secret, [])).toThrow(TypeError);
    expect(() => Secret.random(0)).toThrow(RangeError);
    expect(() => Secret.random(4097)).toThrow(RangeError);
    expect(() => Secret.random(1.5)).toThrow(RangeError);
    expect(() => Secret.random('8' as unknown as number)).toThrow(TypeError);
    expect(() => Secret.take('text' as unknown as Buffer)).toThrow(TypeError);
    expect(() => Secret.take(Buffer.alloc(4097))).toThrow(RangeError);
    expect(() => Secret.equal({} as Secret, Secret.random(1))).toThrow(TypeError);
    const forged = Object.create(Object.getPrototypeOf(Secret.random(1))) as Secret;
    expect(() => Secret.equal(forged, Secret.random(1))).toThrow(TypeError);
    expect(() => forged.wipe()).toThrow(TypeError);
  });
});

describe('Secret.readFd', () => {
  it('reads to the end and strips one line end', () => {
    const expected = Secret.take(Buffer.from('pin 1\n'));
    expect(Secret.equal(fromFile('pin 1\n\r\n', 100), expected)).toBe(true);
    expect(Secret.equal(fromFile('pin 1\n\n', 100), expected)).toBe(true);
    expect(fromFile('12345678\r\n', 8).length).toBe(8);
    expect(fromFile('', 8).length).toBe(0);
  });

  it('refuses what is longer than the limit, and descriptors that are none', () => {
    expect(() => fromFile('123456789', 8)).toThrow(code('E2BIG'));
    expect(() => fromFile(Buffer.alloc(100_000, 'x'), 4096)).toThrow(code('E2BIG'));
    expect(() => Secret.readFd(1_000_000, 8)).toThrow(code('EBADF'));
    expect(() => Secret.readFd(-1, 8)).toThrow(RangeError);
  });
});

// RFC 5869, appendix A.1 to A.3: the first 32 bytes of each output are T(1).
const hkdfVectors = [
  {
    ikm: '0b'.repeat(22),
    salt: '000102030405060708090a0b0c',
    info: 'f0f1f2f3f4f5f6f7f8f9',
    okm: '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf',
  },
  {
    ikm: Buffer.from(Array.from({ length: 80 }, (_, i) => i)).toString('hex'),
    salt: Buffer.from(Array.from({ length: 80 }, (_, i) => 0x60 + i)).toString('hex'),
    info: Buffer.from(Array.from({ length: 80 }, (_, i) => 0xb0 + i)).toString('hex'),
    okm: 'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c',
  },
  {
    ikm: '0b'.repeat(22),
    salt: '',
    info: '',
    okm: '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d',
  },
];

describe('Secret.hkdf', () => {
  it.each(hkdfVectors)('gives the output of RFC 5869: $okm', ({ ikm, salt, info, okm }) => {
    const whole = Secret.hkdf([Secret.take(hex(ikm))], hex(salt), hex(info));
    expect(Secret.equal(whole, Secret.take(hex(okm)))).toBe(true);
  });

  it('joins its keys', () => {
    const parts = [Secret.take(Buffer.from('ab')), Secret.take(Buffer.from('c'))];
    const one = [Secret.take(Buffer.from('abc'))];
    const [salt, info] = [Buffer.from('salt'), Buffer.from('info')];
    expect(Secret.equal(Secret.hkdf(parts, salt, info), Secret.hkdf(one, salt, info))).toBe(true);
  });

  it('refuses misuse', () => {
    const none = Buffer.alloc(0);
    expect(() => Secret.hkdf(Secret.random(1) as unknown as Secret[], none, none)).toThrow(TypeError);
    expect(() => Secret.hkdf([Secret.random(1)], none, Buffer.alloc(1025))).toThrow(RangeError);
  });
});

// RFC 7914, section 12: the first 32 of 64 bytes are PBKDF2's first block, which a 32-byte output is too.
const scryptVectors = [
  {
    p: '',
    s: '',
    n: 16,
    r: 1,
    pp: 1,
    out: '77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442',
  },
  {
    p: 'password',
    s: 'NaCl',
    n: 1024,
    r: 8,
    pp: 16,
    out: 'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162',
  },
  {
    p: 'pleaseletmein',
    s: 'SodiumChloride',
    n: 16384,
    r: 8,
    pp: 1,
    out: '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2',
  },
];

describe('Secret.scrypt', () => {
  it.each(scryptVectors)('gives the output of RFC 7914 for "$p"', async ({ p, s, n, r, pp, out }) => {
    const password = p === '' ? null : Secret.take(Buffer.from(p));
    const key = await Secret.scrypt(password, Buffer.from(s), { n, r, p: pp });
    expect(Secret.equal(key, Secret.take(hex(out)))).toBe(true);
  });

  it('keeps to the bounds of the format', () => {
    const salt = Buffer.alloc(32);
    expect(() => Secret.scrypt(null, salt, { n: 3, r: 1, p: 1 })).toThrow(RangeError);
    expect(() => Secret.scrypt(null, salt, { n: 1, r: 1, p: 1 })).toThrow(RangeError);
    expect(() => Secret.scrypt(null, salt, { n: 2 ** 21, r: 1, p: 1 })).toThrow(RangeError);
    expect(() => Secret.scrypt(null, salt, { n: 2, r: 33, p: 1 })).toThrow(RangeError);
    expect(() => Secret.scrypt(null, salt, { n: 2, r: 1, p: 17 })).toThrow(RangeError);
    expect(() => Secret.scrypt(null, salt, { n: 2 ** 20, r: 4, p: 1 })).toThrow(RangeError);
  });
});

describe('recovery key', () => {
  it('goes to text and back', () => {
    const key = Secret.random(32);
    const text = recoveryText(key);
    expect(text).toMatch(/^([a-z2-7]{8}-){6}[a-z2-7]{8}\n$/);
    expect(Secret.equal(Secret.parseRecoveryKey(Secret.take(Buffer.from(text))), key)).toBe(true);
  });

  it('is the base32 of key and check, as FORMAT.md says', () => {
    const key = Buffer.from(Array.from({ length: 32 }, (_, i) => i * 7));
    const check = createHash('sha256').update('sherin/v1/recovery-check').update(key).digest().subarray(0, 3);
    const expected = base32Encode(Buffer.concat([key, check]));
    expect(recoveryText(Secret.take(key)).replace(/[-\n]/g, '')).toBe(expected);
  });

  it('does not mind case, spaces, line ends and dashes', () => {
    const key = Secret.random(32);
    const text = recoveryText(key).toUpperCase().replaceAll('-', ' \r\n ');
    expect(Secret.equal(Secret.parseRecoveryKey(Secret.take(Buffer.from(text))), key)).toBe(true);
  });

  it('names the group that is mistyped, where one is', () => {
    const text = recoveryText(Secret.take(Buffer.alloc(32, 0x5a))).trim();
    const groups = text.split('-');
    const attempt = (changed: readonly string[]): string => {
      try {
        Secret.parseRecoveryKey(Secret.take(Buffer.from(changed.join('-')))).wipe();
        return 'good';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const changed = (number: number, change: (group: string) => string): string =>
      attempt(groups.map((group, index) => (index === number - 1 ? change(group) : group)));
    const other = (character: string): string => (character === 'q' ? 'r' : 'q');
    for (let number = 1; number <= 7; number++) {
      expect(
        changed(number, (group) => `${group.slice(0, 3)}${other(group[3] ?? '')}${group.slice(4)}`),
      ).toBe(`its check characters do not fit: group ${number} is mistyped`);
    }
    const swapped = (group: string): string => `${group[1]}${group[0]}${group.slice(2)}`;
    const uneven = groups.findIndex((group) => group[0] !== group[1]) + 1;
    expect(changed(uneven, swapped)).toBe(`its check characters do not fit: group ${uneven} is mistyped`);
    expect(attempt([...groups].reverse())).toBe('its check characters do not fit');
    expect(changed(3, (group) => `0${group.slice(1)}`)).toBe(
      'it has not the form of one: group 3 has a character that is none of a-z and 2-7',
    );
    expect(changed(5, (group) => group.slice(1))).toBe(
      'it has not the form of one: 55 characters instead of 56',
    );
  });

  it('finds a mistyped character and refuses what is no key', () => {
    const text = recoveryText(Secret.random(32));
    const parse = (input: string) => () => Secret.parseRecoveryKey(Secret.take(Buffer.from(input)));
    const other = text.startsWith('a') ? 'b' : 'a';
    expect(parse(other + text.slice(1))).toThrow(code('ECHECKSUM'));
    expect(parse(text.slice(1))).toThrow(code('EINVAL'));
    expect(parse(`${text}a`)).toThrow(code('EINVAL'));
    expect(parse(`1${text.slice(1)}`)).toThrow(code('EINVAL'));
    expect(parse('')).toThrow(code('EINVAL'));
  });

  it('is refused at another length', () => {
    expect(() => Secret.writeRecoveryKey(Secret.random(31), 1)).toThrow(RangeError);
  });
});
