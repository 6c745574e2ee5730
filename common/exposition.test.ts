import { describe, expect, it } from 'vitest';
import { readExposition } from './exposition.fixture.js';
import { exposition } from './exposition.js';
import { Histogram } from './histogram.js';

const text = (body: string) => () => readExposition(body);

it('what is written is read again, whatever a label holds', () => {
  const odd = 'a "quoted" \\ backslash\nand a line, {braces}=1';
  const times = new Histogram([0.1, 1]);
  for (const seconds of [0.1, 0.5, 0.7, 3]) times.note(seconds);
  const read = readExposition(
    exposition([
      { name: 'a_total', help: 'a \\ line\nmore', type: 'counter', samples: [{ labels: { odd }, value: 3 }] },
      { name: 'b', help: 'b', type: 'gauge', samples: [{ value: -1.5e-7 }] },
      { name: 'none', help: 'left out', type: 'gauge', samples: [] },
      { name: 'c', help: 'c', type: 'histogram', bounds: [0.1, 1], histograms: [times] },
    ]),
  );
  expect([...read.keys()]).toEqual(['a_total', 'b', 'c']);
  expect(read.get('a_total')?.samples).toEqual([{ name: 'a_total', labels: { odd }, value: 3 }]);
  expect(read.get('b')?.samples[0]?.value).toBe(-1.5e-7);
  const shown = read.get('c')?.samples.map(({ labels, value }) => [labels.le, value]);
  expect(shown).toEqual([
    ['0.1', 1],
    ['1', 3],
    ['+Inf', 4],
    [undefined, 4.3],
    [undefined, 4],
  ]);
});

describe('the reader refuses', () => {
  const head = '# HELP a a\n# TYPE a gauge\n';
  it.each([
    ['a line without end', `${head}a 1`],
    ['a sample without a family', 'a 1\n'],
    ['a family without a type', '# HELP a a\na 1\n'],
    ['a family without samples', head],
    ['a series twice', `${head}a{x="1"} 1\na{x="1"} 2\n`],
    ['a family twice', `${head}a 1\n${head}a{x="1"} 2\n`],
    ['a value that is none', `${head}a one\n`],
    ['labels without quotes', `${head}a{x=1} 1\n`],
    ['a comma too many', `${head}a{x="1",} 1\n`],
    ['another escape', `${head}a{x="\\t"} 1\n`],
    ['a counter that is not named so', '# HELP a a\n# TYPE a counter\na 1\n'],
    [
      'buckets that sink',
      '# HELP a a\n# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n',
    ],
    ['buckets without an end', '# HELP a a\n# TYPE a histogram\na_bucket{le="1"} 2\na_sum 1\na_count 2\n'],
  ])('%s', (_, body) => expect(text(body)).toThrow());
});
