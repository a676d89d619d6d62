/**
 * Keeps the values of metrics in memory, and writes them in Prometheus' text
 * format (version 0.0.4).
 *
 * @module
 */
import {
  BUCKETS,
  metricList,
  type MetricName,
  metrics,
  prometheusName,
} from "./metrics.ts";

/** Labels of a value, by name. */
type LabelValues = Readonly<Record<string, string>>;

/** The values of all metrics. */
export interface Registry {
  /** Adds to a counter. */
  add(name: MetricName, labels: LabelValues, n: number): void;
  /** Adds a value, in seconds, to a histogram. */
  put(name: MetricName, labels: LabelValues, seconds: number): void;
  /** Sets where the value of a gauge is read, each time it is shown. */
  gauge(name: MetricName, read: () => number): void;
  /** All values in Prometheus' text format. */
  text(): string;
}

/** The values for one set of labels. */
interface Series {
  /** The labels in the text format, without braces. */
  readonly labels: string;
  /** The count, or the sum in seconds. */
  total: number;
  /** The number of values in each bucket, and above the last. */
  readonly buckets: number[];
}

/** Series by the values of their labels, one level for each label. */
type Tree = Map<string, Tree | Series>;

/**
 * The most sets of labels of one metric. The tables already limit them; this is
 * a second limit in case of a mistake.
 */
export const MAX_SERIES = 2_000;

/** The values of one metric. */
function createValues(name: MetricName) {
  const names: readonly string[] = metrics[name].labels;
  // Without labels, there is one level for the only series.
  const levels = names.length > 0 ? names : [""];
  const tree: Tree = new Map();
  const all: Series[] = [];

  function lookUp(labels: LabelValues): Series | undefined {
    let level: Tree | Series | undefined = tree;
    for (const label of levels) {
      level = (level as Tree | undefined)?.get(labels[label] ?? "");
    }
    return level as Series | undefined;
  }

  function create(labels: LabelValues): Series {
    const series: Series = {
      labels: names.map((label) => `${label}="${escape(labels[label] ?? "")}"`)
        .join(),
      total: 0,
      buckets: metrics[name].kind === "histogram"
        ? Array(BUCKETS.length + 1).fill(0)
        : [],
    };
    let level = tree;
    for (const label of levels.slice(0, -1)) {
      const value = labels[label] ?? "";
      if (!level.has(value)) level.set(value, new Map());
      level = level.get(value) as Tree;
    }
    level.set(labels[levels.at(-1)!] ?? "", series);
    all.push(series);
    return series;
  }

  const others = Object.fromEntries(levels.map((label) => [label, "other"]));
  return {
    all,
    find(labels: LabelValues): Series {
      const known = lookUp(labels);
      if (known) return known;
      return all.length < MAX_SERIES
        ? create(labels)
        : lookUp(others) ?? create(others);
    },
  };
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
    add(name, labels, n) {
      values.get(name)!.find(labels).total += n;
    },
    put(name, labels, seconds) {
      const series = values.get(name)!.find(labels);
      let bucket = 0;
      while (seconds > BUCKETS[bucket]!) bucket++;
      series.buckets[bucket]!++;
      series.total += seconds;
    },
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
