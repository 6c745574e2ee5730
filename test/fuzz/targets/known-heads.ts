/** The notes beside `known_vaults`: what they say is the newest head, or nothing. */
import { jcs } from '../../../common/jcs.js';
import { sha256 } from '../../../common/merkle.js';
import { KnownHeads } from '../../../fs/vault/known-heads.js';
import { fieldsOfHead, isSameHead, type PinnedHead } from '../../../fs/vault/pinned-head.js';
import { ScratchFile } from '../scratch-file.js';
import { answerOf, type Target } from '../target.js';

const placeBytes = 4096;
const uuid = '00112233-4455-4677-8899-aabbccddeeff';

const headAt = (size: number): PinnedHead => ({ size, root: Buffer.alloc(32, size), nv: 7n });
const [line, next] = [headAt(1), headAt(9)];

/** Two places, each of a line: an object gets its digest, so that more than digests is looked at; all else stands as it is. */
function fileOf(input: Buffer): Buffer {
  const bytes = Buffer.alloc(2 * placeBytes);
  const lines = input.toString('latin1').split('\n').slice(0, 2);
  for (const [at, text] of lines.entries()) {
    const note = Buffer.from(text, 'latin1');
    const digest = text.startsWith('{') ? sha256(note).toString('hex') : '';
    const place = Buffer.concat([Buffer.from(digest), note, Buffer.from('\n')]).subarray(0, placeBytes);
    place.copy(bytes, at * placeBytes);
  }
  return bytes;
}

function notes(
  ...all: readonly { readonly n: number; readonly base: PinnedHead; readonly head: PinnedHead }[]
) {
  const lines = all.map(({ n, base, head }) =>
    jcs({ n, base: fieldsOfHead(base), head: fieldsOfHead(head) }),
  );
  return Buffer.from(lines.join('\n'));
}

export const knownHeads: Target = {
  name: 'known-heads',
  form: 'lines',
  begin() {
    const file = new ScratchFile(`known_vaults.${uuid}`);
    const heads = new KnownHeads(file.path.slice(0, -uuid.length - 1), uuid);
    return {
      seeds: [
        notes(),
        notes({ n: 1, base: line, head: headAt(2) }),
        notes({ n: 4, base: line, head: headAt(5) }, { n: 3, base: line, head: headAt(4) }),
        notes({ n: 8, base: headAt(3), head: headAt(4) }, { n: 2, base: line, head: headAt(2) }),
        notes({ n: Number.MAX_SAFE_INTEGER, base: line, head: headAt(2) }),
        Buffer.from(`{"v":2,${jcs({ n: 1 }).slice(1)}`),
      ],
      async run(input) {
        file.write(fileOf(input));
        const newest = await answerOf(() => heads.newest(line));
        const told = newest === undefined || isSameHead(newest, line) ? '' : newest.root.toString('base64');
        if (!input.includes(told)) throw new Error('a head is read that no note has');
        const begun = await answerOf(() => heads.begin(line).then(() => true));
        if (begun === true) await heads.note(next);
        await heads.close();
        if (begun === true && !isSameHead(await heads.newest(line), next))
          throw new Error('what was noted last is not the newest');
      },
      async end() {
        await heads.close();
        file.end();
      },
    };
  },
};
