/** Prometheus' text format 0.0.4. */
import type { HistogramCounts } from './histogram.js';

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels?: Labels;
  readonly value: number;
}

export interface LabelledCounts extends HistogramCounts {
  readonly labels?: Labels;
}

/** All samples of one name. */
export type Family = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] }
  | {
      readonly type: 'histogram';
      /** Upper bounds of the buckets, seconds. */
      readonly bounds: readonly number[];
      readonly histograms: readonly LabelledCounts[];
    }
);

/** `Content-Type` of such a text. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8';

/** A family without samples is left out. */
export function exposition(families: readonly Family[]): string {
  return families.map(familyText).join('');
}

function familyText(family: Family): string {
  const { name, help, type } = family;
  const lines =
    family.type === 'histogram'
      ? family.histograms.flatMap((counts) => histogramLines(name, family.bounds, counts))
      : family.samples.map(({ labels, value }) => sampleLine(name, labels, value));
  return lines.length === 0
    ? ''
    : `# HELP ${name} ${helpText(help)}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

/** Each bucket with all that are below it. */
function histogramLines(
  name: string,
  bounds: readonly number[],
  { labels, buckets, seconds }: LabelledCounts,
) {
  let total = 0;
  const lines = [...bounds.map(String), '+Inf'].map((le, at) => {
    total += buckets[at] ?? 0;
    return sampleLine(`${name}_bucket`, { ...labels, le }, total);
  });
  return [...lines, sampleLine(`${name}_sum`, labels, seconds), sampleLine(`${name}_count`, labels, total)];
}

function sampleLine(name: string, labels: Labels | undefined, value: number): string {
  const pairs = Object.entries(labels ?? {}).map(([key, text]) => `${key}="${labelText(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

function helpText(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}

function labelText(text: string): string {
  return helpText(text).replaceAll('"', '\\"');
}
