/**
 * All metrics, as one table. The table in the documents, Prometheus' text and
 * OpenTelemetry's instruments are made from it.
 *
 * @module
 */

/** One metric. */
export interface Metric {
  /** Whether it counts events, times them, or says how much there is now. */
  readonly kind: "counter" | "histogram" | "gauge";
  /** Its meaning, as a sentence without a full stop. */
  readonly help: string;
  /**
   * Its labels. Each has few values, all from tables of this program: never a
   * tenant, an id, a query or text from a user.
   */
  readonly labels: readonly string[];
}

/** The prefix of all names. */
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
      "Tool calls by outcome: ok, input (arguments refused), qontak (Qontak refused), credentials, store, internal, or why Qontak was not reached (network, timeout, cancelled, …)",
    labels: ["tool", "effect", "outcome"],
  },
  tool_call_duration: {
    kind: "histogram",
    help: "How long tool calls took",
    labels: ["tool", "effect"],
  },
  upstream_requests: {
    kind: "counter",
    help:
      "Requests to Qontak's API, including retries, by the class of their HTTP status, or why there was no answer: network, timeout, cancelled",
    labels: ["method", "endpoint", "outcome"],
  },
  upstream_request_duration: {
    kind: "histogram",
    help: "How long Qontak took to begin its answer",
    labels: ["method", "endpoint"],
  },
  upstream_retries: {
    kind: "counter",
    help: "Requests to Qontak that were retried, by the failure before",
    labels: ["method", "endpoint", "reason"],
  },
  limit_wait_duration: {
    kind: "histogram",
    help:
      "How long requests to Qontak waited under the limits, by outcome: ok, or limited, suspended, timeout, cancelled",
    labels: ["outcome"],
  },
  token_refreshes: {
    kind: "counter",
    help: "Refreshes of tokens at Qontak by outcome",
    labels: ["outcome"],
  },
  token_refresh_duration: {
    kind: "histogram",
    help: "How long refreshes of tokens took",
    labels: [],
  },
  store_operations: {
    kind: "counter",
    help: "Operations of the credential store by outcome",
    labels: ["store", "operation", "outcome"],
  },
  store_operation_duration: {
    kind: "histogram",
    help: "How long operations of the credential store took",
    labels: ["store", "operation"],
  },
  cache_lookups: {
    kind: "counter",
    help:
      "Lookups of access tokens (tokens) and of templates and pipelines (setup) by where they were found: memory, kv, or miss",
    labels: ["cache", "found"],
  },
  companies_connected: {
    kind: "gauge",
    help: "Companies with an access token in memory",
    labels: [],
  },
  companies_locked_out: {
    kind: "gauge",
    help:
      "Companies whose refresh token Qontak refused last; the log names them",
    labels: [],
  },
  requests_waiting: {
    kind: "gauge",
    help: "Requests to Qontak that wait for their turn under the limits",
    labels: [],
  },
  requests_running: {
    kind: "gauge",
    help: "Requests to Qontak that are under way",
    labels: [],
  },
  companies_suspended: {
    kind: "gauge",
    help:
      "Companies for which nothing is sent for a while, because their requests failed",
    labels: [],
  },
  snapshot_bytes: {
    kind: "gauge",
    help: "Memory of the records that were read for questions, in bytes",
    labels: [],
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

/** What Prometheus' names of each kind end with. */
const SUFFIXES: Readonly<Record<Metric["kind"], string>> = {
  counter: "_total",
  histogram: "_seconds",
  gauge: "",
};

/**
 * A metric's name in Prometheus. Collectors derive the same name from
 * OpenTelemetry's name and unit.
 *
 * @param name Its name in the table.
 */
export function prometheusName(name: MetricName): string {
  return `${PREFIX}${name}${SUFFIXES[metrics[name].kind]}`;
}
