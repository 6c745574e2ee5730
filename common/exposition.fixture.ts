/** A strict reader of Prometheus' text format 0.0.4, after its grammar: prometheus.io/docs/instrumenting/exposition_formats. */

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: ReadSample[];
}

const headLine = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const sampleLine = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/y;

/** @throws Error for whatever is not as it must be */
export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  if (text !== '' && !text.endsWith('\n')) throw new Error('the last line has no end');
  const families = new Map<string, ReadFamily>();
  const seen = new Set<string>();
  let help: { readonly name: string; readonly text: string } | null = null;
  let current = '';
  for (const line of text.split('\n').slice(0, -1)) {
    const [, kind, name = '', rest = ''] = headLine.exec(line) ?? [];
    if (kind === 'HELP') help = { name, text: rest };
    else if (kind === 'TYPE') {
      if (help?.name !== name) throw new Error(`no HELP before: ${line}`);
      if (families.has(name)) throw new Error(`a second time: ${line}`);
      if (!['counter', 'gauge', 'histogram'].includes(rest)) throw new Error(`no type: ${line}`);
      if ((rest === 'counter') !== name.endsWith('_total')) throw new Error(`not named as its type: ${line}`);
      families.set(name, { type: rest, help: help.text, samples: [] });
      current = name;
    } else {
      const sample = readSample(line);
      const family = families.get(current);
      const ending = sample.name.slice(current.length);
      const endings = family?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (family === undefined || !sample.name.startsWith(current) || !endings.includes(ending))
        throw new Error(`of no family, or not beside the others: ${line}`);
      const series = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (seen.has(series)) throw new Error(`a second time: ${line}`);
      seen.add(series);
      family.samples.push(sample);
    }
  }
  for (const [name, family] of families) checkFamily(name, family);
  return families;
}

function readSample(line: string): ReadSample {
  const [, name, labels, text = ''] = sampleLine.exec(line) ?? [];
  if (name === undefined) throw new Error(`no sample: ${line}`);
  if (!/^[+-]?(\d+(\.\d+)?(e[+-]?\d+)?|Inf)$|^NaN$/.test(text)) throw new Error(`no value: ${line}`);
  return { name, labels: labels === undefined ? {} : readLabels(labels), value: numberOf(text) };
}

function readLabels(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const [, name, value = '', comma] = label.exec(text) ?? [];
    if (name === undefined || name in labels) throw new Error(`labels: ${text}`);
    if (comma === ',' && label.lastIndex === text.length) throw new Error(`labels: ${text}`);
    labels[name] = value.replace(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one));
  }
  return labels;
}

function numberOf(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

function checkFamily(name: string, { type, samples }: ReadFamily): void {
  if (samples.length === 0) throw new Error(`${name} has no samples`);
  if (type !== 'gauge' && samples.some(({ value }) => !(value >= 0))) throw new Error(`${name} is below 0`);
  if (type !== 'histogram') return;
  const seriesOf = ({ labels: { le: _, ...rest } }: ReadSample) => JSON.stringify(rest);
  const series = new Map(samples.map((one) => [seriesOf(one), [] as ReadSample[]]));
  for (const one of samples) series.get(seriesOf(one))?.push(one);
  for (const of of series.values()) {
    const buckets = of.filter((sample) => sample.name === `${name}_bucket`);
    const bounds = buckets.map(({ labels }) => numberOf(labels.le ?? ''));
    const rising = (values: readonly number[]) =>
      values.every((value, at) => at === 0 || value >= (values[at - 1] ?? 0));
    const counts = buckets.map(({ value }) => value);
    const count = of.find((sample) => sample.name === `${name}_count`)?.value;
    const sum = of.find((sample) => sample.name === `${name}_sum`);
    const whole = bounds.at(-1) === Infinity && counts.at(-1) === count && sum !== undefined;
    if (!whole || !rising(bounds) || !rising(counts)) throw new Error(`${name} is no histogram`);
  }
}
