/**
 * Structured logs: one JSON object a line, on stderr only, since stdout
 * belongs to the protocol. Nothing that a person wrote and no secret is
 * passed to these functions; what looks like one is taken out all the same.
 *
 * @module
 */
import { redact, redactValues } from "./redact.ts";

/** How much is logged: each level includes the ones before it. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** Every level, the most important one first. */
export const LOG_LEVELS: readonly LogLevel[] = [
  "error",
  "warn",
  "info",
  "debug",
];

/** What a line may say besides its message. */
export type LogDetails = Readonly<
  Record<string, string | number | boolean | undefined>
>;

/** Writes log lines. */
export type Log = (
  level: LogLevel,
  message: string,
  details?: LogDetails,
) => void;

/** Ids that are made at random here, and tell nothing. */
const IDS = ["request_id", "trace_id", "span_id"];

/**
 * Makes a log. What looks like a secret, a phone number or an e-mail address
 * is not written.
 *
 * @param least The least important level that is written.
 * @param write Takes a finished line; stderr when left out.
 */
export function createLog(
  least: LogLevel,
  write: (line: string) => void = toStderr,
): Log {
  const most = LOG_LEVELS.indexOf(least);
  return (level, message, details = {}) => {
    if (LOG_LEVELS.indexOf(level) > most) return;
    write(JSON.stringify({
      time: new Date().toISOString(),
      level,
      message: redact(message),
      ...redactValues(details, IDS),
    }));
  };
}

const encoder = new TextEncoder();

/** Writes a line for people or programs to stderr. */
export function toStderr(line: string): void {
  try {
    Deno.stderr.writeSync(encoder.encode(`${line}\n`));
  } catch {
    // A closed stderr must not end the server.
  }
}
