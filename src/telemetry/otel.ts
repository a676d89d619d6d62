/**
 * OpenTelemetry as the runtime offers it (`OTEL_DENO=true`), and a way to keep
 * private data out of the runtime's own spans.
 *
 * Deno makes a span for each fetch with the full address, including the query:
 * names, phone numbers and e-mail addresses that somebody searches for. There
 * is no option to turn this off. {@linkcode quietly} runs code in a context
 * that ends such a span before the address is recorded.
 *
 * @module
 */
import { VERSION } from "../version.ts";

/** The part of OpenTelemetry's JavaScript interface that is used here. */
interface Tracer {
  startActiveSpan<T>(
    name: string,
    options: { readonly kind: number; readonly attributes: Attributes },
    run: (span: Span) => T,
  ): T;
}

/** A span of OpenTelemetry's. */
export interface Span {
  /** Sets an attribute. */
  setAttribute(name: string, value: string): void;
  /** Sets the status; 2 is an error. */
  setStatus(status: { readonly code: number; readonly message: string }): void;
  /** Changes its name. */
  updateName(name: string): void;
  /** Ends it: later attributes are lost. */
  end(): void;
}

/** Makes the instruments of metrics. */
export interface Meter {
  /** Makes a counter. */
  createCounter(name: string, options: InstrumentOptions): {
    add(value: number, attributes: Attributes): void;
  };
  /** Makes a histogram. */
  createHistogram(name: string, options: InstrumentOptions): {
    record(value: number, attributes: Attributes): void;
  };
  /** Makes a gauge that is read when metrics are collected. */
  createObservableGauge(name: string, options: InstrumentOptions): {
    addCallback(read: (result: { observe(value: number): void }) => void): void;
  };
}

interface InstrumentOptions {
  readonly description: string;
  readonly unit?: string;
  readonly advice?: { readonly explicitBucketBoundaries: readonly number[] };
}

interface Context {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
  deleteValue(key: symbol): Context;
}

type Attributes = Readonly<Record<string, string>>;

/** Creates spans and metrics. */
export interface OpenTelemetry {
  /** Creates spans. */
  readonly tracer: Tracer;
  /** Creates metrics. */
  readonly meter: Meter;
}

/** Where a context keeps its span (@opentelemetry/api). */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** A context whose spans end at once and are not exported. */
class QuietContext implements Context {
  readonly #parent: Context;
  readonly #onSpan: () => void;

  constructor(parent: Context, onSpan: () => void = () => {}) {
    this.#parent = parent;
    this.#onSpan = onSpan;
  }

  getValue(key: symbol): unknown {
    return this.#parent.getValue(key);
  }

  setValue(key: symbol, value: unknown): Context {
    if (key !== SPAN) {
      return new QuietContext(this.#parent.setValue(key, value));
    }
    this.#onSpan();
    (value as Span).end();
    // Without a span, no header sends the trace id to the other side.
    return new QuietContext(this.#parent.deleteValue(SPAN));
  }

  deleteValue(key: symbol): Context {
    return new QuietContext(this.#parent.deleteValue(key));
  }
}

function contexts() {
  return Deno.telemetry.contextManager as {
    active(): Context;
    with<T>(context: Context, run: () => T): T;
  };
}

/** Undefined until the first lookup. */
let found: OpenTelemetry | false | undefined;

/**
 * The runtime's OpenTelemetry.
 *
 * @returns OpenTelemetry; undefined if it is switched off or missing.
 */
export function openTelemetry(): OpenTelemetry | undefined {
  if (found === undefined) {
    found = isTracing() && {
      tracer: Deno.telemetry.tracerProvider.getTracer("qontak-mcp", VERSION),
      meter: Deno.telemetry.meterProvider.getMeter("qontak-mcp", VERSION),
    };
  }
  return found || undefined;
}

/**
 * Whether the runtime makes spans. The environment may not be readable, and
 * older runtimes crash if a span is made while spans are switched off. So this
 * checks a request that is aborted before it starts.
 */
function isTracing(): boolean {
  if (typeof Deno === "undefined" || !Deno.telemetry?.contextManager) {
    return false;
  }
  let isSeen = false;
  const { active, with: within } = contexts();
  within(new QuietContext(active(), () => isSeen = true), () => {
    fetch("data:,", { signal: AbortSignal.abort() }).catch(() => {});
  });
  return isSeen;
}

/**
 * Runs code without the runtime's spans: its requests are not exported, and
 * carry no trace header.
 *
 * @param run The code to run; everything that it starts is covered too.
 */
export function quietly<T>(run: () => T): T {
  if (!openTelemetry()) return run();
  const { active, with: within } = contexts();
  return within(new QuietContext(active()), run);
}

/**
 * Names the span that the runtime made for the request being served. The
 * address in it cannot be changed any more.
 *
 * @param method The request's method.
 * @param route The route, without any text from the caller.
 */
export function nameServed(method: string, route: string): void {
  if (!openTelemetry()) return;
  const span = contexts().active().getValue(SPAN) as Span | undefined;
  if (!span) return;
  span.updateName(`${method} ${route}`);
  span.setAttribute("http.route", route);
}
