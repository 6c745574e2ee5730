/** Identifiers, rules and lists that people and programs write. */

import { parseSums } from '../../../cli/transfer/sha256sums.js';
import { compileAccess } from '../../../common/access/decide.js';
import { compileGlob, globFault, matchesGlob, reachesGlob } from '../../../common/access/glob.js';
import { accessRecordSchema, accessRulesOf } from '../../../common/access/record.js';
import {
  asCubeId,
  cubeIdFromBytes,
  cubeIdToBytes,
  formatSherinId,
  parseNamespace,
  parseSherinId,
} from '../../../common/ids.js';
import { jcs } from '../../../common/jcs.js';
import {
  namespacesRecordSchema,
  noNamespaces,
  settingsOf,
  stricter,
  strictestSettings,
  usualSettings,
} from '../../../common/namespaces/record.js';
import { splitPath } from '../../../fs/tree-path.js';
import { noteRefusal } from '../refusals.js';
import { answer, same, type Target } from '../target.js';

export const ids: Target = {
  name: 'ids',
  form: 'bytes',
  begin: () => ({
    seeds: [
      'FILES_20260101_0123456789abcdef0123456789abcdef',
      'A-1_20240229_ffffffffffffffffffffffffffffffff',
      'a'.repeat(52),
    ].map((text) => Buffer.from(text)),
    run(input) {
      const text = input.toString('latin1');
      const parts = answer(() => parseSherinId(text));
      if (parts !== undefined) same(Buffer.from(formatSherinId(parts)), input, 'a Sherin ID');
      const cube = asCubeId(text);
      if (cube !== undefined) same(Buffer.from(cubeIdFromBytes(cubeIdToBytes(cube))), input, 'a cube ID');
      const namespace = answer(() => parseNamespace(text));
      if (namespace !== undefined && namespace.length > 16) throw new Error('a long namespace');
    },
  }),
};

const paths = ['a', 'a/b', 'a/b/c', 'letters/2026/x.txt', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'é/ü'].map(
  (path) => path.split('/'),
);

export const glob: Target = {
  name: 'glob',
  form: 'bytes',
  begin: () => ({
    seeds: ['letters/**', '**/*.txt', 'a?c/*', '*a*a*a*a*a*b', '**/a/**/b/**'].map((text) =>
      Buffer.from(text),
    ),
    run(input) {
      const text = input.toString().slice(0, 256);
      if (globFault(text) !== null) return;
      const pattern = compileGlob(text);
      for (const path of paths)
        if (matchesGlob(pattern, path) && !reachesGlob(pattern, path.slice(0, -1)))
          throw new Error('a match that is not reached');
    },
  }),
};

export const accessRules: Target = {
  name: 'access-rules',
  form: 'json',
  begin() {
    const rule = { who: 'anyone', where: { path: 'a/**' }, operations: ['read', 'list'], effect: 'deny' };
    const rules = [
      { ...rule, name: 'b', who: { uid: 1000 }, effect: 'allow' },
      { ...rule, name: 'c', who: { gid: 7 }, where: { namespace: 'FILES' } },
      { ...rule, name: 'd', who: { bot: 'words' } },
    ];
    return {
      seeds: [Buffer.from(jcs({ v: 1, version: 3, floor: [{ ...rule, name: 'a' }], rules }))],
      run(input) {
        const value = answer(() => JSON.parse(input.toString()) as unknown, SyntaxError);
        const { data, error } = accessRecordSchema.safeParse(value);
        if (data !== undefined) compileAccess(accessRulesOf(data));
        else noteRefusal(error.message);
      },
    };
  },
};

/** Names that objects inherit stand beside those that a vault may have. */
const namespaceNames = ['FILES', 'A-1', 'POLICY', 'constructor', '__proto__'];

export const namespaceSettings: Target = {
  name: 'namespace-settings',
  form: 'json',
  begin: () => ({
    seeds: [
      noNamespaces,
      { v: 1, version: 7, namespaces: { FILES: usualSettings, 'A-1': strictestSettings } },
    ].map((record) => Buffer.from(jcs(record))),
    run(input) {
      const value = answer(() => JSON.parse(input.toString()) as unknown, SyntaxError);
      const { data, error } = namespacesRecordSchema.safeParse(value);
      if (data === undefined) {
        // Without the names that stand in its sentence.
        const [issue] = error.issues;
        return noteRefusal(`${issue?.code ?? ''} ${issue?.path.length ?? 0}`);
      }
      const written = jcs(data);
      const again = jcs(namespacesRecordSchema.parse(JSON.parse(written)));
      same(Buffer.from(again), Buffer.from(written), 'settings of namespaces');
      for (const name of [...Object.keys(data.namespaces), ...namespaceNames])
        if (jcs(stricter(settingsOf(data, name), strictestSettings)) !== jcs(strictestSettings))
          throw new Error('a namespace is stricter than the strictest');
    },
  }),
};

export const sums: Target = {
  name: 'sha256sums',
  form: 'bytes',
  begin: () => ({
    seeds: [Buffer.from(`${'a'.repeat(64)}  name\n\\${'B'.repeat(64)} *line\\nend\n`)],
    run(input) {
      answer(() => parseSums(input.toString('latin1'), 'it'));
    },
  }),
};

export const treePath: Target = {
  name: 'tree-path',
  form: 'bytes',
  begin: () => ({
    seeds: ['files/a/b', 'files', 'files/é'].map((text) => Buffer.from(text)),
    run(input) {
      const names = answer(() => splitPath(input.toString('latin1')));
      if (names?.some((name) => name.includes(0x2f) || ['.', '..', ''].includes(name.toString('latin1'))))
        throw new Error('a name that is none');
    },
  }),
};
