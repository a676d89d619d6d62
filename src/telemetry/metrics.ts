/**
 * Everything that is counted and timed, as one table. The documents' table and
 * both ways out, Prometheus' text and OpenTelemetry, are made from it.
 *
 * @module
 */

/** One metric. */
export interface Metric {
  /** Whether it counts events or times them. */
  readonly kind: "counter" | "histogram";
  /** What it tells, as a sentence without a full stop. */
  readonly help: string;
  /**
   * What its values are told apart by. Each has few values, all of them from
   * tables of this program: never a tenant, an id, a query or a person's word.
   */
  readonly labels: readonly string[];
}

/** What all names start with. */
export const PREFIX = "qontak_mcp_";

/** The upper bounds of a histogram's buckets, in seconds. */
export const BUCKETS: readonly number[] = [
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  0.25,
  0.5,
  1,
  2.5,
  5,
  10,
  30,
];

/** Every metric, in the order of the documents. */
export const metrics = {
  tool_calls: {
    kind: "counter",
    help:
      "Calls of tools by how they ended: ok, input (arguments refused), qontak (Qontak said no), credentials, store, internal, or why Qontak was not reached (network, timeout, cancelled, …)",
    labels: ["tool", "effect", "outcome"],
  },
  tool_call_duration: {
    kind: "histogram",
    help: "How long calls of tools took",
    labels: ["tool", "effect"],
  },
  upstream_requests: {
    kind: "counter",
    help:
      "Requests to Qontak's API, each repetition too, by the class of their HTTP status, or why none came: network, timeout, cancelled",
    labels: ["method", "endpoint", "outcome"],
  },
  upstream_request_duration: {
    kind: "histogram",
    help: "How long Qontak took until its answer began",
    labels: ["method", "endpoint"],
  },
  upstream_retries: {
    kind: "counter",
    help: "Requests to Qontak that were sent again, by what had failed",
    labels: ["method", "endpoint", "reason"],
  },
  limit_wait_duration: {
    kind: "histogram",
    help:
      "How long requests to Qontak waited for their turn under the limits, by whether they got it: ok, or limited, suspended, timeout, cancelled",
    labels: ["outcome"],
  },
  token_refreshes: {
    kind: "counter",
    help: "Exchanges of refresh tokens at Qontak by how they ended",
    labels: ["outcome"],
  },
  token_refresh_duration: {
    kind: "histogram",
    help: "How long exchanges of refresh tokens took",
    labels: [],
  },
  store_operations: {
    kind: "counter",
    help: "Operations of the store of credentials by how they ended",
    labels: ["store", "operation", "outcome"],
  },
  store_operation_duration: {
    kind: "histogram",
    help: "How long operations of the store of credentials took",
    labels: ["store", "operation"],
  },
  cache_lookups: {
    kind: "counter",
    help:
      "Lookups of access tokens (tokens) and of templates and pipelines (setup) by where they were found: memory, kv, or miss",
    labels: ["cache", "found"],
  },
} as const satisfies Readonly<Record<string, Metric>>;

/** The name of a metric, without prefix and unit. */
export type MetricName = keyof typeof metrics;

/** The labels of a metric. */
export type Labels<M extends MetricName> = Readonly<
  Record<(typeof metrics)[M]["labels"][number], string>
>;

/** The metrics of one kind. */
export type Named<K extends Metric["kind"]> = {
  [M in MetricName]: (typeof metrics)[M]["kind"] extends K ? M : never;
}[MetricName];

/** Every name with its metric. */
export const metricList: readonly (readonly [MetricName, Metric])[] = Object
  .entries(metrics) as [MetricName, Metric][];

/**
 * A metric's name in Prometheus; what collectors make of OpenTelemetry's name
 * and unit is the same.
 *
 * @param name Its name in the table.
 */
export function prometheusName(name: MetricName): string {
  return `${PREFIX}${name}${
    metrics[name].kind === "counter" ? "_total" : "_seconds"
  }`;
}
