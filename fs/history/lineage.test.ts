import { expect, it } from 'vitest';
import { asSherinId, formatSherinId } from '../../common/ids.js';
import { Fixture, idOf, make, putOf } from '../manifest/testing/fixture.js';
import { makings, relatives } from './lineage.js';

const idText = (content: string) => asSherinId(formatSherinId(idOf(Buffer.from(content))));

it('follows origins both ways', async () => {
  const fixture = new Fixture();
  const manifest = fixture.create();
  const made = (content: string, from: readonly string[]) => {
    const inode = manifest.newInode();
    const task = `task ${content}`;
    const lineage = { derivedFrom: from.map(idText), taskId: task, botId: 'bot', botVersion: '1' };
    const put = { ...putOf(inode, Buffer.from(content)), lineage: from.length === 0 ? null : lineage };
    manifest.commit([...make(inode, 1, task), put], [], []);
  };
  made('a', []);
  made('b', []);
  made('ab', ['a', 'b']);
  made('abc', ['ab']);
  made('other', ['b']);
  made('a again', ['abc']);
  const all = await makings(manifest, () => undefined);
  expect(all.map(({ task, from }) => [task, from.length])).toEqual([
    ['task ab', 2],
    ['task abc', 1],
    ['task other', 1],
    ['task a again', 1],
  ]);
  const of = relatives(all, idText('ab'));
  expect([...of.ancestors].sort()).toEqual([idText('a'), idText('b')].sort());
  expect([...of.descendants].sort()).toEqual([idText('abc'), idText('a again')].sort());
  expect(relatives(all, idText('never'))).toEqual({ ancestors: new Set(), descendants: new Set() });
  manifest.close();
  fixture.remove();
});
