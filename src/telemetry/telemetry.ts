/**
 * Observes the server: spans, counts and durations. One call feeds Prometheus'
 * text and, if it is switched on, OpenTelemetry.
 *
 * @module
 */
import { type ByLabels, byLabels, type LabelValues } from "./by_labels.ts";
import {
  BUCKETS,
  type Labels,
  type Metric,
  metricList,
  type MetricName,
  metrics,
  type Named,
  PREFIX,
} from "./metrics.ts";
import { type Meter, openTelemetry, type Span } from "./otel.ts";
import { outcomeOf } from "./outcome.ts";
import { createRegistry, increment, record } from "./registry.ts";

/** An activity with a beginning and an end, and how to record it. */
interface Activity {
  /** The counter of its outcomes. */
  readonly counter: Named<"counter">;
  /** The histogram of its duration. */
  readonly histogram: Named<"histogram">;
  /** The name of its spans. */
  readonly name: (labels: LabelValues) => string;
  /** The kind of its spans in OpenTelemetry. */
  readonly kind: number;
}

const [INTERNAL, CLIENT] = [0, 2];

const activities = {
  call: {
    counter: "tool_calls",
    histogram: "tool_call_duration",
    name: ({ tool }) => `tool ${tool}`,
    kind: INTERNAL,
  },
  request: {
    counter: "upstream_requests",
    histogram: "upstream_request_duration",
    name: ({ method, endpoint }) => `${method} ${endpoint}`,
    kind: CLIENT,
  },
  refresh: {
    counter: "token_refreshes",
    histogram: "token_refresh_duration",
    name: () => "token refresh",
    kind: INTERNAL,
  },
  store: {
    counter: "store_operations",
    histogram: "store_operation_duration",
    name: ({ store, operation }) => `${store} ${operation}`,
    kind: CLIENT,
  },
} as const satisfies Readonly<Record<string, Activity>>;

type ActivityName = keyof typeof activities;

/** The labels of an activity, without its outcome. */
type ActivityLabels<A extends ActivityName> = Labels<
  (typeof activities)[A]["histogram"]
>;

/** How something ended. */
export type Ended<T> =
  | { readonly value: T }
  | { readonly error: unknown };

/** Observes the server. */
export interface Telemetry {
  /**
   * Records an activity from beginning to end: a span, a count and a duration.
   *
   * @param activity The activity.
   * @param labels Its labels.
   * @param run Does the work. Activities that it starts become part of its
   * span.
   * @param outcome Gives the outcome label; "ok" or the kind of the error if
   * left out.
   * @returns The result of `run`. Its errors are rethrown.
   */
  watch<A extends ActivityName, T>(
    activity: A,
    labels: ActivityLabels<A>,
    run: () => Promise<T>,
    outcome?: (ended: Ended<T>) => string,
  ): Promise<T>;
  /** Counts something. */
  count<M extends Named<"counter">>(name: M, labels: Labels<M>): void;
  /** Records a duration, in seconds. */
  observe<M extends Named<"histogram">>(
    name: M,
    seconds: number,
    labels: Labels<M>,
  ): void;
  /**
   * Sets where the value of a gauge is read, each time it is collected.
   *
   * @param name The gauge.
   * @param read Gives the value now; must be cheap.
   */
  gauge(name: Named<"gauge">, read: () => number): void;
  /** All counts and durations in Prometheus' text format, version 0.0.4. */
  text(): string;
}

/**
 * Makes the telemetry of one server.
 *
 * @returns The telemetry, with all counts at zero.
 */
export function createTelemetry(): Telemetry {
  const registry = createRegistry();
  const { meter, tracer } = openTelemetry() ?? {};
  const instruments = new Map(
    meter && metricList.flatMap(([name, metric]) => {
      const record = instrumentOf(meter, name, metric);
      return record ? [[name, record] as const] : [];
    }),
  );

  /** Makes what records a metric with some labels, everywhere. */
  function createRecorder(name: MetricName, labels: LabelValues): Recorder {
    const series = registry.series(name, labels);
    const isCounter = metrics[name].kind === "counter";
    const keep: Recorder = isCounter
      ? () => increment(series)
      : (seconds) => record(series, seconds);
    const instrument = instruments.get(name);
    if (!instrument) return keep;
    const attributes = { ...labels };
    return (value) => {
      keep(value);
      instrument(value, attributes);
    };
  }

  const recorders = new Map(
    metricList.map(([name, { labels: names }]) => [
      name,
      byLabels(names, (labels) => createRecorder(name, labels)),
    ]),
  );
  const recorder = (name: MetricName, labels: LabelValues): Recorder =>
    recorders.get(name)!.find(labels);

  // Found by the labels with which an activity begins, so that its end makes
  // none.
  const ends = new Map(
    Object.entries(activities).map(([name, { counter, histogram }]) => [
      name as ActivityName,
      byLabels(metrics[histogram].labels, (labels): Ends => ({
        took: recorder(histogram, labels),
        count: byLabels(
          ["outcome"],
          ({ outcome = "" }) => recorder(counter, { ...labels, outcome }),
        ),
      })),
    ]),
  );

  function watch<T>(
    name: ActivityName,
    labels: LabelValues,
    run: () => Promise<T>,
    word: (ended: Ended<T>) => string = wordOf,
  ): Promise<T> {
    const start = performance.now();

    function end(ended: Ended<T>, span: Span | undefined): void {
      const seconds = (performance.now() - start) / 1000;
      const outcome = word(ended);
      const { took, count } = ends.get(name)!.find(labels);
      took(seconds);
      count.find({ outcome })(1);
      if (!span) return;
      span.setAttribute("outcome", outcome);
      // Never the error's message: it may hold text from a user.
      if ("error" in ended) span.setStatus({ code: 2, message: outcome });
      span.end();
    }

    async function follow(span?: Span): Promise<T> {
      let value: T;
      try {
        value = await run();
      } catch (error) {
        end({ error }, span);
        throw error;
      }
      end({ value }, span);
      return value;
    }

    if (!tracer) return follow();
    const activity: Activity = activities[name];
    return tracer.startActiveSpan(
      activity.name(labels),
      { kind: activity.kind, attributes: labels },
      follow,
    );
  }

  function gauge(name: Named<"gauge">, read: () => number): void {
    registry.gauge(name, read);
    meter
      ?.createObservableGauge(PREFIX + name, {
        description: metrics[name].help,
      })
      .addCallback((result) => result.observe(read()));
  }

  return {
    watch,
    count: (name, labels) => recorder(name, labels)(1),
    observe: (name, seconds, labels) => recorder(name, labels)(seconds),
    gauge,
    text: registry.text,
  };
}

/** What records a counter or histogram in OpenTelemetry. */
function instrumentOf(
  meter: Meter,
  name: MetricName,
  { kind, help: description }: Metric,
): Instrument | undefined {
  if (kind === "counter") {
    const counter = meter.createCounter(PREFIX + name, { description });
    return (value, labels) => counter.add(value, labels);
  }
  if (kind === "gauge") return undefined;
  const histogram = meter.createHistogram(PREFIX + name, {
    description,
    unit: "s",
    advice: { explicitBucketBoundaries: BUCKETS },
  });
  return (value, labels) => histogram.record(value, labels);
}

/** Records a value. */
type Instrument = (
  value: number,
  labels: LabelValues,
) => void;

/** Records a value for one set of labels. */
type Recorder = (value: number) => void;

/** Records the ends of an activity with one set of labels. */
interface Ends {
  /** How long it took, in seconds. */
  readonly took: Recorder;
  /** Counts its outcome. */
  readonly count: ByLabels<Recorder>;
}

function wordOf(ended: Ended<unknown>): string {
  return "error" in ended ? outcomeOf(ended.error) : "ok";
}
