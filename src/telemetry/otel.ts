/**
 * OpenTelemetry as the runtime offers it (`OTEL_DENO=true`), and what keeps
 * the runtime from telling collectors more than it should.
 *
 * Deno makes a span of each fetch with the whole address in it, query too:
 * names, phone numbers and e-mail addresses that somebody searches for. It
 * cannot be told not to. What goes through {@linkcode quietly} is sent in a
 * context that ends such a span before it has learned anything.
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
  /** Says something about what it stands for. */
  setAttribute(name: string, value: string): void;
  /** Says how it ended; 2 is an error. */
  setStatus(status: { readonly code: number; readonly message: string }): void;
  /** Gives it another name. */
  updateName(name: string): void;
  /** Ends it: whatever it is told from now on is lost. */
  end(): void;
}

interface Meter {
  createCounter(name: string, options: InstrumentOptions): {
    add(value: number, attributes: Attributes): void;
  };
  createHistogram(name: string, options: InstrumentOptions): {
    record(value: number, attributes: Attributes): void;
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

/** What makes spans and metrics. */
export interface OpenTelemetry {
  /** Makes spans. */
  readonly tracer: Tracer;
  /** Makes metrics. */
  readonly meter: Meter;
}

/** Where a context keeps its span (@opentelemetry/api). */
const SPAN = Symbol.for("OpenTelemetry Context Key SPAN");

/** A context whose spans end as they begin, and are told to nobody. */
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
    // Without a span, no header tells the other side which trace this is.
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

/** Undefined until it has been tried. */
let found: OpenTelemetry | false | undefined;

/**
 * The runtime's OpenTelemetry.
 *
 * @returns It, or undefined where it is switched off or not there at all.
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
 * Whether the runtime makes spans. The environment need not be readable, and
 * older runtimes crash where a span is made while they are switched off: so a
 * request that is aborted before it starts is looked at.
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
 * Does something without the runtime's spans: collectors are told nothing of
 * its requests, and no header tells others of ours.
 *
 * @param run What is done; what it starts is quiet as well.
 */
export function quietly<T>(run: () => T): T {
  if (!openTelemetry()) return run();
  const { active, with: within } = contexts();
  return within(new QuietContext(active()), run);
}

/**
 * Names the span that the runtime made of the request that is being served.
 * The address in it stays as it came: it cannot be changed any more.
 *
 * @param method The request's method.
 * @param route What is asked for, without anything that the caller chose.
 */
export function nameServed(method: string, route: string): void {
  if (!openTelemetry()) return;
  const span = contexts().active().getValue(SPAN) as Span | undefined;
  if (!span) return;
  span.updateName(`${method} ${route}`);
  span.setAttribute("http.route", route);
}
