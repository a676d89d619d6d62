/**
 * Keeps the values of metrics in memory, and writes them in Prometheus' text
 * format (version 0.0.4).
 *
 * @module
 */
import { type ByLabels, byLabels, type LabelValues } from "./by_labels.ts";
import {
  BUCKETS,
  metricList,
  type MetricName,
  metrics,
  prometheusName,
} from "./metrics.ts";

/** The values of all metrics. */
export interface Registry {
  /**
   * Finds the series of a counter or a histogram for some labels. A caller that
   * adds to it often keeps it.
   */
  series(name: MetricName, labels: LabelValues): Series;
  /** Sets where the value of a gauge is read, each time it is shown. */
  gauge(name: MetricName, read: () => number): void;
  /** All values in Prometheus' text format. */
  text(): string;
}

/** The values for one set of labels. */
export interface Series {
  /** The labels in the text format, without braces. */
  readonly labels: string;
  /** The count, or the sum in seconds. */
  total: number;
  /** The number of values in each bucket, and above the last. */
  readonly buckets: number[];
}

/** The values of one metric. */
function createValues(name: MetricName): ByLabels<Series> {
  const { kind, labels: names } = metrics[name];
  return byLabels(names, (labels) => ({
    labels: names.map((label) => `${label}="${escape(labels[label] ?? "")}"`)
      .join(),
    total: 0,
    buckets: kind === "histogram" ? Array(BUCKETS.length + 1).fill(0) : [],
  }));
}

/**
 * Makes a registry.
 *
 * @returns The registry, with all values at zero.
 */
export function createRegistry(): Registry {
  const values = new Map(
    metricList.map(([name]) => [name, createValues(name)]),
  );
  const gauges = new Map<MetricName, () => number>();

  return {
    series: (name, labels) => values.get(name)!.find(labels),
    gauge(name, read) {
      gauges.set(name, read);
    },
    text: () =>
      metricList.map(([name, { kind, help }]) => {
        const full = prometheusName(name);
        const write = kind === "counter" ? counterLines : histogramLines;
        const read = gauges.get(name);
        return [
          `# HELP ${full} ${help.replaceAll("\\", "\\\\")}`,
          `# TYPE ${full} ${kind}`,
          ...read ? [line(full, "", read())] : [],
          ...values.get(name)!.all.flatMap((series) => write(full, series)),
        ].map((line) => `${line}\n`).join("");
      }).join(""),
  };
}

/** Counts one. */
export function increment(series: Series): void {
  series.total++;
}

/** Adds a value, in seconds, to a series of a histogram. */
export function record(series: Series, seconds: number): void {
  let bucket = 0;
  while (seconds > BUCKETS[bucket]!) bucket++;
  series.buckets[bucket]!++;
  series.total += seconds;
}

function counterLines(name: string, { labels, total }: Series): string[] {
  return [line(name, labels, total)];
}

/** In Prometheus, a bucket also counts the values of all smaller buckets. */
function histogramLines(
  name: string,
  { labels, total, buckets }: Series,
): string[] {
  let sum = 0;
  const lines = buckets.map((count, i) => {
    sum += count;
    const bound = `le="${BUCKETS[i] ?? "+Inf"}"`;
    return line(`${name}_bucket`, labels ? `${labels},${bound}` : bound, sum);
  });
  return [
    ...lines,
    line(`${name}_sum`, labels, total),
    line(`${name}_count`, labels, sum),
  ];
}

function line(name: string, labels: string, value: number): string {
  return `${name}${labels && `{${labels}}`} ${value}`;
}

function escape(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}
