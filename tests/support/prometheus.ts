/**
 * Reads Prometheus' text format more strictly than it is specified: anything
 * that could confuse a scraper is an error.
 *
 * @module
 */

/** The value of each series, by its name and labels as they are written. */
export type Series = ReadonlyMap<string, number>;

const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABEL = `[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\n]|\\\\[\\\\"n])*"`;
const SAMPLE = new RegExp(
  `^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)\\})? (\\S+)$`,
);
const VALUE = /^(?:\d+(?:\.\d+)?(?:e-?\d+)?)$/;

/** The suffixes of a family's name, by its type. */
const SUFFIXES: Readonly<Record<string, RegExp>> = {
  counter: /^$/,
  gauge: /^$/,
  histogram: /^_(?:bucket|sum|count)$/,
};

/**
 * Reads a page of metrics.
 *
 * @throws {Error} With the line that is wrong.
 */
export function readMetrics(text: string): Series {
  const series = new Map<string, number>();
  const families = new Set<string>();
  let family = "";
  let suffix = SUFFIXES.counter!;
  let described = "";
  const fail = (what: string, line: string): never => {
    throw new Error(`${what}: ${line}`);
  };
  if (!text.endsWith("\n")) fail("No end of line at the end", text.slice(-40));
  for (const line of text.slice(0, -1).split("\n")) {
    const help = new RegExp(`^# HELP (${NAME}) \\S.*$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (\\w+)$`).exec(line);
    if (help) {
      described = help[1]!;
      if (families.has(described)) fail("A family comes twice", line);
      families.add(described);
    } else if (type) {
      family = type[1]!;
      if (family !== described) fail("TYPE does not follow its HELP", line);
      suffix = SUFFIXES[type[2]!] ?? fail("An unknown type", line);
    } else {
      const [, name, labels = "", value] = SAMPLE.exec(line) ??
        fail("Not a sample", line);
      if (
        !name!.startsWith(family) || !suffix.test(name!.slice(family.length))
      ) {
        fail("Not in the family above it", line);
      }
      const names = [...labels.matchAll(/([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"/g)]
        .map(([, label]) => label);
      if (new Set(names).size !== names.length) fail("A label twice", line);
      if (!VALUE.test(value!)) fail("Not a value", line);
      const key = `${name}${labels && `{${labels}}`}`;
      if (series.has(key)) fail("A series comes twice", line);
      series.set(key, Number(value));
    }
  }
  checkHistograms(series);
  return series;
}

/**
 * Buckets add up: each contains the ones before it, and the last one contains
 * everything.
 */
function checkHistograms(series: Series): void {
  const buckets = Map.groupBy(
    [...series].filter(([key]) => key.includes("_bucket{")),
    ([key]) => key.replace(/,?le="[^"]+"/, "").replace("{}", ""),
  );
  for (const [key, entries] of buckets) {
    const bounds = entries.map(([name]) =>
      Number(/le="([^"]+)"/.exec(name)![1]!.replace("+Inf", "Infinity"))
    );
    const counts = entries.map(([, count]) => count);
    const grows = (values: number[], or: 0 | 1) =>
      values.every((value, i) =>
        i === 0 || value - values[i - 1]! >= or * 1e-9
      );
    const count = series.get(key.replace("_bucket", "_count"));
    if (
      bounds.at(-1) !== Infinity || !grows(bounds, 1) || !grows(counts, 0) ||
      counts.at(-1) !== count || !series.has(key.replace("_bucket", "_sum"))
    ) throw new Error(`A histogram does not add up: ${key}`);
  }
}
