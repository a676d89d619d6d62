/**
 * An OpenTelemetry collector on loopback. It accepts OTLP as JSON and keeps
 * everything, as text and as spans.
 *
 * @module
 */
import { isObject } from "../../src/values/json.ts";
import { serve } from "./serve.ts";

/** A span that was received. */
export interface Collected {
  readonly name: string;
  /** Its source: "deno" is the runtime itself. */
  readonly scope: string;
  readonly id: string;
  /** The parent span; empty if there is none. */
  readonly parent: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly status: string;
}

/** A collector that listens. */
export interface Collector extends AsyncDisposable {
  /** The environment with which a deno process sends everything here. */
  readonly env: Record<string, string>;
  /** The received bodies, as they arrived. */
  readonly received: readonly string[];
  /** The spans among them. */
  spans(): readonly Collected[];
  /** The names of the metrics among them. */
  metrics(): ReadonlySet<string>;
}

// deno-lint-ignore no-explicit-any -- tests read any field of OTLP
type Any = any;

function attributesOf(list: Any[] = []): Record<string, unknown> {
  return Object.fromEntries(
    list.map(({ key, value }) => [key, Object.values(value)[0]]),
  );
}

/** Starts a collector. */
export function startCollector(): Collector {
  const received: string[] = [];
  const server = serve(async (request) => {
    received.push(await request.text());
    return Response.json({});
  });
  const each = (name: string): Any[] =>
    received.map((body) => JSON.parse(body)).filter(isObject).flatMap((body) =>
      (body[name] ?? []) as Any[]
    );
  return {
    env: {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    },
    received,
    spans: () =>
      each("resourceSpans").flatMap(({ scopeSpans }) => scopeSpans).flatMap(
        ({ scope, spans }) =>
          spans.map((span: Any) => ({
            name: span.name,
            scope: scope.name,
            id: span.spanId,
            parent: span.parentSpanId,
            attributes: attributesOf(span.attributes),
            status: span.status?.message ?? "",
          })),
      ),
    metrics: () =>
      new Set(
        each("resourceMetrics").flatMap(({ scopeMetrics }) => scopeMetrics)
          .flatMap(({ metrics }) => metrics.map(({ name }: Any) => name)),
      ),
    [Symbol.asyncDispose]: server[Symbol.asyncDispose],
  };
}
