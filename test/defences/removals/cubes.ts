/** What keeps stored cubes whole, and each in its place. */
import type { Edit, Removal } from '../removal.js';

const bit = 'flip any bit of a stored cube';
const swapped = 'cut, swap or replace a cube file: another cube, one of another vault, a link, nothing';
const copied = 'slip a bad or foreign cube into a backup, or through one into the vault';
const database = 'change the database';

const leafUnchecked = {
  file: 'native/codec/opened_cube.cc',
  text: 'return CRYPTO_memcmp(hash.data(), vertex_hashes_[vertex].data(), hash.size()) == 0;',
  instead: 'return vertex < kVertices || hash.empty();',
};

/** Where the tag of what has a size, a condition in C++, is not looked at. */
function tagUnchecked(condition: string): Edit {
  return {
    file: 'native/crypto/gcm.cc',
    text: 'if (EVP_CipherFinal_ex(context_.get(), rest, &done) == 1) return true;',
    instead: `if (EVP_CipherFinal_ex(context_.get(), rest, &done) == 1 || ${condition}) return true;`,
  };
}

export const cubeRemovals: readonly Removal[] = [
  {
    attack: bit,
    ...tagUnchecked('size % 4096 == 0'),
    also: [leafUnchecked],
    test: 'native/codec/faults.test.ts',
    title: 'names the vertex and leaves the others readable',
  },
  {
    attack: bit,
    file: 'native/codec/header.cc',
    text: 'if (!IsZero(header + field::kReserved, kHeader - field::kReserved)) return "reserved bytes";',
    instead: '',
    test: 'test/vault/tampering.test.ts',
    title: 'in %s is refused and quarantined, and nothing else is disturbed',
  },
  {
    attack: swapped,
    file: 'native/codec/header.cc',
    text: 'if (file_size != kHeader + stored.body()) return "file size";',
    instead: '',
    test: 'test/vault/tampering.test.ts',
    title: '%s is refused and quarantined',
  },
  {
    attack: swapped,
    ...tagUnchecked('size > 0'),
    also: [
      leafUnchecked,
      {
        file: 'native/codec/opened_cube.cc',
        text: 'if (length < 1 || length > kCube || !part.reserved_is_zero()) return At(Fault::Sealed);',
        instead: 'if (ref_.length > 0) {\n    found = ref_;\n    return {};\n  }',
      },
      {
        file: 'native/codec/opened_cube.cc',
        text: 'if (!IsZero(plain + size, stored - size)) return OfVertex(Fault::Padding, vertex, plain);',
        instead: 'if (size > stored) return {};',
      },
    ],
    test: 'native/codec/faults.test.ts',
    title: 'is refused when it is a cube of another vault under the right name',
  },
  {
    attack: swapped,
    file: 'native/system/beneath.cc',
    text: 'RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS',
    instead: '0',
    also: [
      {
        file: 'native/codec/cube_file.cc',
        text: 'O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY',
        instead: 'O_RDONLY | O_NONBLOCK | O_NOCTTY',
      },
    ],
    test: 'test/vault/tampering.test.ts',
    title: 'by nothing answers EIO, quarantines nothing, and a link in its place is not followed',
  },
  {
    attack: 'an authentic cube that breaks a rule (made with the key)',
    ...leafUnchecked,
    test: 'native/codec/faults.test.ts',
    title: 'is refused: content that is not what the vertex hashes and root say',
  },
  {
    attack: 'an authentic record whose length is not that of its slots (made with the key)',
    file: 'fs/manifest/slot-length.ts',
    text: 'slot.cube.length === wanted',
    instead: 'true',
    test: 'fs/check/fsck.test.ts',
    title: 'is found, and so it is by verify',
  },
  {
    attack: 'an authentic record whose length is not that of its slots (made with the key)',
    file: 'fs/manifest/slot-length.ts',
    text: 'return left === 0;',
    instead: 'return true;',
    test: 'fs/manifest/slot-length.test.ts',
    title: '%s: %s',
  },
  {
    attack: 'bring a quarantined cube back',
    file: 'fs/control/quarantine-handlers.ts',
    text: 'if (result.ok) return null;',
    instead: 'if (result.ok || released) return null;',
    test: 'test/vault/tampering.test.ts',
    title: 'gives a cube back only if it verifies now, and purge --shred removes its bytes',
  },
  {
    attack: copied,
    file: 'fs/backup/copy-cubes.ts',
    text: 'if (!result.ok) {',
    instead: 'if (!result.ok && bytes.length === 0) {',
    test: 'test/vault/backup.test.ts',
    title: 'never takes a cube that does not verify, and keeps the good copy that it has',
    whole: true,
  },
  {
    attack: copied,
    file: 'fs/check/repair.ts',
    text: 'if (result.ok) result = await this.#reader.verify(cube, publicKey);',
    instead: 'result = { ok: true };',
    test: 'fs/check/fsck.test.ts',
    title: 'comes back from a backup, if it verifies there',
  },
  {
    attack: copied,
    file: 'fs/check/repair.ts',
    text: 'let result = await this.#received.scrub(id, uuid, publicKey);\n    if (result.ok) result = await this.#reader.verify(cube, publicKey);',
    instead: 'const result = { ok: true } as CubeResult;',
    test: 'fs/check/fsck.test.ts',
    title: 'is never replaced by a cut file',
  },
  {
    attack: database,
    file: 'fs/manifest/database.ts',
    text: `db.pragma("cipher = 'chacha20'");\n      db.key(raw);`,
    instead: `db.pragma("cipher = 'aes256cbc'");\n      db.pragma('hmac_check = 0');\n      db.key(raw);`,
    test: 'fs/manifest/tampering.test.ts',
    title: 'flips no bit unseen',
  },
  {
    attack: database,
    file: 'fs/manifest/open-state.ts',
    text: `if (!frontier.root().equals(head.root)) throw broken('the log does not lead to the signed root');`,
    instead: '',
    also: [
      {
        file: 'fs/manifest/log.ts',
        text: `if (!counted.root().equals(head.root)) throw broken('the records do not lead to the signed root');`,
        instead: '',
      },
    ],
    test: 'fs/manifest/tampering.test.ts',
    title: 'edits no record of the tail, none before it, no snapshot',
  },
  {
    attack: 'put an old page or write-ahead log back',
    file: 'fs/manifest/manifest.ts',
    text: 'if (expect !== undefined) log.requireExtends(expect, head, edge);',
    instead: 'void expect;',
    test: 'fs/manifest/tampering.test.ts',
    title: 'cuts off or swaps no write-ahead log unseen, given a head seen before',
  },
  {
    attack: 'put an old page or write-ahead log back',
    file: 'fs/manifest/open-state.ts',
    text: 'if (count !== head.size) throw broken(',
    instead: 'if (count < head.size) throw broken(',
    also: [
      {
        file: 'fs/manifest/manifest.ts',
        text: 'if (expect !== undefined) log.requireExtends(expect, head, edge);',
        instead: 'void expect;',
      },
    ],
    test: 'fs/manifest/tampering.test.ts',
    title: 'puts no old page back unseen',
  },
  {
    attack: 'delete, empty, cut or overwrite manifest.db',
    file: 'fs/service/session/rebuilding.ts',
    text: 'if (await isWhole(keyring, locked)) return null;',
    instead: "if ((await isWhole(keyring, locked)) || locked.path !== '') return null;",
    test: 'test/vault/lost-manifest.test.ts',
    title: '%s: is rebuilt whole, with the recovery key, and on record',
  },
  {
    attack:
      'have SQLite delete or overwrite a file elsewhere: a rollback journal, a link or a second name beside the database',
    file: 'fs/manifest/database.ts',
    text: `for (const suffix of ['-journal', '-shm']) {`,
    instead: `for (const suffix of [] as string[]) {`,
    test: 'fs/manifest/side-files.test.ts',
    title: 'has SQLite delete no other file by a journal that names it',
  },
  {
    attack:
      'have SQLite delete or overwrite a file elsewhere: a rollback journal, a link or a second name beside the database',
    file: 'fs/manifest/database.ts',
    text: 'if (facts.nlink > 1)',
    instead: 'if (facts.nlink > 9)',
    test: 'fs/manifest/side-files.test.ts',
    title: 'has it write into no other file by a second name of it',
  },
  {
    attack: 'exhaust the disk or descriptors',
    file: 'fs/manifest/manifest.ts',
    text: 'this.#reverse.note(batch.state);\n    this.#state.absorb(batch.state);',
    instead: '',
    test: 'fs/manifest/no-space.test.ts',
    title: 'refuses a commit whole and keeps everything before it, in memory and on disk',
  },
  {
    attack:
      'plant a file that says a later format version, so that the vault stays shut or a cube unreadable',
    file: 'fs/check/newer-cubes.ts',
    text: "if (isNewer(version, cubeFormat)) found.set(id, 'newer');",
    instead: "if (isNewer(version, cubeFormat + 1)) found.set(id, 'newer');",
    test: 'fs/check/newer-cubes.test.ts',
    title:
      'a cube in whose place something looks like one of a later version comes back from a backup, and that is kept',
  },
];
