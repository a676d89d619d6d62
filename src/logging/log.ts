/**
 * Structured logs: one JSON object per line, on stderr only, because stdout
 * belongs to the protocol. On a terminal, where a person reads them, lines are
 * sentences. Callers pass no text from users and no secrets to
 * these functions; anything that looks like a secret is removed anyway.
 *
 * @module
 */
import { redact, redactAll } from "./redact.ts";
import { requestId } from "./request_id.ts";
import { defined } from "../values/json.ts";
import { visible } from "../values/visible.ts";

/** How much is logged: each level includes the ones before it. */
export type LogLevel = Parameters<Log>[0];

/** Every level, the most important one first. */
export const LOG_LEVELS: readonly LogLevel[] = [
  "error",
  "warn",
  "info",
  "debug",
];

/** The default log level. */
export const DEFAULT_LEVEL: LogLevel = "info";

/** A value in a line: JSON. */
export type LogValue =
  | string
  | number
  | boolean
  | null
  | undefined
  | readonly LogValue[]
  | { readonly [name: string]: LogValue };

/** The fields of a line in addition to its message. */
export type LogDetails = NonNullable<Parameters<Log>[2]>;

/** Writes log lines. */
export type Log = (
  level: "error" | "warn" | "info" | "debug",
  message: string,
  details?: Readonly<Record<string, LogValue>>,
) => void;

/**
 * Ids and hashes that this server makes and that reveal nothing: of requests,
 * of audit records and of the values in them. Nothing would be found in them;
 * to look takes longer than to write the rest of a line.
 */
const MADE_HERE =
  /^(?:a[0-9a-f]{11}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{8}T\d{9}Z-[0-9a-f]{12}|hmac:[0-9a-f]{16})$/;

/**
 * Creates a log. It does not write text that looks like a secret, a phone
 * number or an e-mail address.
 *
 * @param least The least important level that is written.
 * @param write Takes a finished line; writes to stderr by default.
 * @param format Makes a line; by default JSON, and a sentence on a terminal.
 */
export function createLog(
  least: LogLevel = DEFAULT_LEVEL,
  write: (line: string) => void = toStderr,
  format: (entry: Entry) => string = Deno.stderr.isTerminal()
    ? toSentence
    : JSON.stringify,
): Log {
  const most = LOG_LEVELS.indexOf(least);
  return withRequest((level, message, details) => {
    if (LOG_LEVELS.indexOf(level) > most) return;
    write(format({
      time: new Date().toISOString(),
      level,
      message: redact(message),
      ...redactAll(details, (text) => MADE_HERE.test(text)),
    }));
  });
}

/** A line of the log. */
interface Entry {
  readonly time: string;
  readonly level: LogLevel;
  readonly message: string;
  readonly [name: string]: unknown;
}

/**
 * Words a line of the log for a person: the time of day in UTC, the level
 * unless it is info, the message, and the details in parentheses.
 *
 * @param entry The line.
 */
export function toSentence(
  { time, level, message, ...details }: Entry,
): string {
  const shown = Object.entries(details).map(([name, value]) =>
    `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`
  );
  return visible(
    [
      time.slice(11, 19),
      ...level === "info" ? [] : [level],
      message,
      ...shown.length > 0 ? [`(${shown.join(", ")})`] : [],
    ].join(" ").replace(/[\t\n]/g, " "),
  );
}

/**
 * Adds to each line, as `request`, the id of the request that it belongs to.
 *
 * @param log Writes the lines.
 */
export function withRequest(log: Log): Log {
  return (level, message, details) =>
    log(level, message, { ...defined({ request: requestId() }), ...details });
}

const encoder = new TextEncoder();

/** Writes a line for people or programs to stderr. */
export function toStderr(line: string): void {
  writeLine(Deno.stderr, line);
}

/**
 * Writes the result of a command to stdout. The console would also send it to
 * OpenTelemetry collectors.
 */
export function toStdout(text: string): void {
  writeLine(Deno.stdout, text);
}

function writeLine(
  stream: { writeSync(bytes: Uint8Array): number },
  line: string,
): void {
  let bytes = encoder.encode(`${line}\n`);
  try {
    while (bytes.length > 0) bytes = bytes.subarray(stream.writeSync(bytes));
  } catch {
    // A closed stream must not end the server.
  }
}
