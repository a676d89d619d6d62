/**
 * Every error that this program expects, in one hierarchy. Each error has a
 * `kind`; code that sorts errors uses only that.
 *
 * | kind | class | meaning |
 * |---|---|---|
 * | `input` | {@linkcode InputError} | the request cannot be carried out |
 * | `settings` | {@linkcode ConfigError} | a setting is missing or malformed |
 * | `qontak` | {@linkcode QontakError} | Qontak refused the request |
 * | `unreachable` | {@linkcode UnreachableError} | there is no readable answer from Qontak |
 * | `credentials` | {@linkcode CredentialsError} | there are no credentials for the company |
 * | `store` | {@linkcode StoreError} | a store does not work |
 * | `issuer` | {@linkcode IssuerError} | the issuer of JWTs does not work |
 * | `limit` | {@linkcode LimitError} | this server limits its requests |
 *
 * Any other error is a bug in this program, or an invalid option from a program
 * that embeds it: {@linkcode OptionError}.
 *
 * @module
 */
import { type Advise, adviseEmbedder, type Remedy } from "./advice/advice.ts";
import type { Rules } from "./values/rules.ts";
import { redact, redactSecrets } from "./logging/redact.ts";

/** The subject of an error. */
export type ErrorKind =
  | "input"
  | "settings"
  | "qontak"
  | "unreachable"
  | "credentials"
  | "store"
  | "issuer"
  | "limit";

/**
 * An expected error. Its message is a sentence that may be shown to users. The
 * wording of its remedy depends on the reader.
 *
 * @example Telling errors apart by kind
 * ```ts
 * import { ForeseenError, QontakError } from "@qontak/mcp";
 *
 * function isWorthAnotherTry(error: unknown): boolean {
 *   return error instanceof ForeseenError &&
 *     (error.kind === "unreachable" || error.kind === "store");
 * }
 * const refused = new QontakError("No deal has the id 7", {
 *   endpoint: "GET /deals/:id",
 *   status: 404,
 *   said: "",
 * });
 * console.log(isWorthAnotherTry(refused));
 * ```
 */
export abstract class ForeseenError extends Error {
  /** The kind of error. */
  abstract readonly kind: ErrorKind;
  /** How to fix it, if the message does not say so. */
  readonly remedy?: Remedy;

  /**
   * Creates the error.
   *
   * @param message A sentence without a full stop that says what failed.
   * @param remedy How to fix it.
   */
  constructor(message: string, remedy?: Remedy) {
    super(message);
    if (remedy !== undefined) this.remedy = remedy;
  }
}

/**
 * The request cannot be carried out: an argument, a flag or a word is wrong.
 * Nothing was changed.
 */
export class InputError extends ForeseenError {
  /** The name of the class. */
  override readonly name: string = "InputError";
  /** The kind of error. */
  readonly kind = "input";
}

/** How many problems one message lists. */
const MAX_PROBLEMS = 50;

/** How many problems are looked for in one list that a caller gave. */
export const MAX_FINDINGS = 20;

/**
 * Combines everything that is wrong with a call in one error.
 *
 * @param what What did not happen, such as `create_deal was not sent`.
 * @param problems The problems, one sentence each.
 * @param hint What helps with several of them.
 */
export function problemsError(
  what: string,
  problems: readonly string[],
  hint?: string,
): InputError {
  const count = problems.length === 1
    ? "1 problem"
    : `${problems.length} problems`;
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length - shown.length;
  return new InputError(
    `${what}, nothing was changed: ${count}.\n${
      shown.map((problem, i) => `${i + 1}. ${problem}`).join("\n")
    }${more > 0 ? `\n… and ${more} more` : ""}${
      hint === undefined ? "" : `\n${hint}`
    }`,
  );
}

/** The arguments do not match the tool's schema. */
export class ArgumentsError extends InputError {
  /** The name of the class. */
  override readonly name = "ArgumentsError";
  /**
   * The problems, one phrase each, with the argument that each one concerns.
   */
  readonly problems: readonly { argument: string; problem: string }[];

  /**
   * Creates the error.
   *
   * @param tool The tool that was called.
   * @param problems The problems with its arguments.
   * @param more How many more problems there are.
   */
  constructor(
    tool: string,
    problems: readonly { argument: string; problem: string }[],
    more = 0,
  ) {
    super(
      `${tool} was not run: ${
        problems.map(({ problem }) => problem).join("; ")
      }${more > 0 ? `; and ${more} more` : ""}`,
    );
    this.problems = problems;
  }
}

/** Settings are missing or malformed. */
export class ConfigError extends ForeseenError {
  /** The name of the class. */
  override readonly name = "ConfigError";
  /** The kind of error. */
  readonly kind = "settings";
  /** All problems, one sentence each. */
  readonly problems: readonly string[];

  /**
   * Creates the error.
   *
   * @param problems All problems, one sentence each.
   */
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Qontak answered and refused the request.
 *
 * @example Telling a missing record from other refusals
 * ```ts
 * import { assert } from "@std/assert";
 * import { QontakError } from "@qontak/mcp";
 *
 * const error = new QontakError("No deal has the id 7", {
 *   endpoint: "GET /deals/:id",
 *   status: 404,
 *   said: "Couldn't find record with that ID",
 * });
 * assert(error.status === 404);
 * ```
 */
export class QontakError extends ForeseenError {
  /** The name of the class. */
  override readonly name = "QontakError";
  /** The kind of error. */
  readonly kind = "qontak";
  /** The method and path of the endpoint, without ids. */
  readonly endpoint: string;
  /** `meta.status` if the answer has one, otherwise the HTTP status. */
  readonly status: number;
  /** The text that Qontak wrote, or an empty string. */
  readonly said: string;
  /**
   * The `error` of OAuth, such as `invalid_grant`; only from the token
   * endpoint.
   */
  readonly code?: string;
  /** How many seconds to wait, from `Retry-After`. */
  readonly retryAfter?: number;

  /**
   * Creates the error.
   *
   * @param message A sentence that says what failed and what to do.
   * @param details The answer of Qontak, and the endpoint.
   */
  constructor(
    message: string,
    details: Pick<
      QontakError,
      "endpoint" | "status" | "said" | "code" | "retryAfter" | "remedy"
    >,
  ) {
    super(message, details.remedy);
    this.endpoint = details.endpoint;
    this.status = details.status;
    this.said = details.said;
    if (details.code !== undefined) this.code = details.code;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}

/**
 * Qontak could not be reached, or the response is not an answer of its API.
 *
 * @example Checking whether a write may have happened
 * ```ts
 * import { assert } from "@std/assert";
 * import { UnreachableError } from "@qontak/mcp";
 *
 * const error = new UnreachableError("Qontak did not answer within 30000 ms", {
 *   endpoint: "POST /deals",
 *   reason: "timeout",
 *   mayHaveArrived: true,
 * });
 * assert(error.mayHaveArrived);
 * ```
 */
export class UnreachableError extends ForeseenError {
  /** The name of the class. */
  override readonly name = "UnreachableError";
  /** The kind of error. */
  readonly kind = "unreachable";
  /** The method and path of the endpoint, without ids. */
  readonly endpoint: string;
  /**
   * Why there is no readable answer. With "limited" or "suspended", the request
   * was not sent: "limited" because of the server's own limits, "suspended"
   * because of earlier failures.
   */
  readonly reason:
    | "network"
    | "timeout"
    | "cancelled"
    | "unreadable"
    | "redirected"
    | "limited"
    | "suspended";
  /** Whether Qontak may have carried out the request anyway. */
  readonly mayHaveArrived: boolean;
  /** How many seconds to wait, if the request was not sent. */
  readonly retryAfter?: number;

  /**
   * Creates the error.
   *
   * @param message A sentence that says what failed and what to do.
   * @param details The endpoint, the reason, and whether it may have arrived.
   */
  constructor(
    message: string,
    details: Pick<
      UnreachableError,
      "endpoint" | "reason" | "mayHaveArrived" | "retryAfter" | "remedy"
    >,
  ) {
    super(message, details.remedy);
    this.endpoint = details.endpoint;
    this.reason = details.reason;
    this.mayHaveArrived = details.mayHaveArrived;
    if (details.retryAfter !== undefined) this.retryAfter = details.retryAfter;
  }
}

/** Why there is no readable answer from Qontak. */
export type UnreachableReason = UnreachableError["reason"];

/**
 * There are no credentials for the company of a call.
 *
 * @example Naming the company
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { CredentialsError } from "@qontak/mcp/stores";
 *
 * const error = new CredentialsError("No refresh token is kept for tenant acme");
 * assertMatch(error.message, /acme/);
 * ```
 */
export class CredentialsError extends ForeseenError {
  /** The name of the class. */
  override readonly name = "CredentialsError";
  /** The kind of error. */
  readonly kind = "credentials";
}

/**
 * The store of credentials does not work. The error does not say whether there
 * are credentials.
 *
 * @example Saying what does not work
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { StoreError } from "@qontak/mcp/stores";
 *
 * const error = new StoreError("Redis at localhost:6379 does not answer");
 * assertMatch(error.message, /Redis/);
 * ```
 */
export class StoreError extends ForeseenError {
  /** The name of the class. */
  override readonly name = "StoreError";
  /** The kind of error. */
  readonly kind = "store";
}

/**
 * The place of a store must not be used as it is. Work that could continue
 * without the store stops: a new refresh token would be lost.
 */
export class UnsafeStoreError extends StoreError {}

/**
 * The issuer of callers' JWTs does not work, so tokens cannot be verified.
 */
export class IssuerError extends ForeseenError {
  /** The name of the class. */
  override readonly name = "IssuerError";
  /** The kind of error. */
  readonly kind = "issuer";
}

/** Why a request was not sent. */
export type LimitReason = "limited" | "suspended";

const REASONS: Readonly<Record<LimitReason, string>> = {
  limited: "Too many requests at once",
  suspended: "The last requests were not answered, so requests are paused",
};

/**
 * A request was not sent because of a limit. No part of it was sent.
 */
export class LimitError extends ForeseenError {
  /** The name of the class. */
  override readonly name = "LimitError";
  /** The kind of error. */
  readonly kind = "limit";
  /**
   * "limited" if there are too many requests, "suspended" if the last requests
   * got no answer.
   */
  readonly reason: LimitReason;
  /** How long to wait, in whole seconds; at least 1. */
  readonly seconds: number;

  /**
   * Creates the error.
   *
   * @param reason Why the request was not sent.
   * @param wait How long to wait, in ms.
   * @param words The text for the reason; the usual one by default.
   */
  constructor(
    reason: LimitReason,
    wait: number,
    words: string = REASONS[reason],
  ) {
    const seconds = Math.max(1, Math.ceil(wait / 1_000));
    super(`${words}: wait ${seconds} s, then try again`);
    this.reason = reason;
    this.seconds = seconds;
  }
}

/**
 * The sentence of an expected error, without secrets and personal data. The
 * advice on how to fix it follows.
 *
 * @param error The thrown value.
 * @param advise Words the remedies; for programs that embed the server by
 * default.
 * @returns The sentence, or undefined for a bug in this program.
 */
export function sentenceOf(
  error: unknown,
  advise: Advise = adviseEmbedder,
): string | undefined {
  if (!(error instanceof ForeseenError)) return undefined;
  const { message, remedy } = error;
  const sentence = remedy ? `${message}. ${advise(remedy)}` : message;
  // An input error repeats the caller's own values to that caller, so only
  // secrets are removed.
  return error.kind === "input" ? redactSecrets(sentence) : redact(sentence);
}

/** An error's remedy, ready to spread into the details of a log line. */
export function remedyOf(error: unknown): { readonly remedy?: Remedy } {
  const remedy = error instanceof ForeseenError ? error.remedy : undefined;
  return remedy ? { remedy } : {};
}

/**
 * The details of an error that are safe to log: its name, and the sentence and
 * remedy of an expected error. The message of any other error may contain
 * secrets.
 */
export function reasonOf(
  error: unknown,
): { error: string; reason?: string; remedy?: Remedy } {
  return {
    error: error instanceof Error ? error.name : typeof error,
    ...error instanceof ForeseenError ? { reason: error.message } : {},
    ...remedyOf(error),
  };
}

/**
 * An option from a program that embeds the server is missing or malformed.
 *
 * @example Reading the name of the option
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { createServer, OptionError } from "@qontak/mcp";
 *
 * const error = assertThrows(
 *   () => createServer({ refreshToken: "a-refresh-token", timeout: -1 }),
 *   OptionError,
 * );
 * console.log(error.option);
 * ```
 */
export class OptionError extends TypeError {
  /** The name of the class. */
  override readonly name = "OptionError";
  /** The name of the option. */
  readonly option: string;
  /** The problem, as a phrase that follows the option's name. */
  readonly problem: string;

  /**
   * Creates the error.
   *
   * @param option The name of the option.
   * @param problem What is wrong with it.
   */
  constructor(option: string, problem: string) {
    super(`${option} ${problem}`);
    this.option = option;
    this.problem = problem;
  }
}

/**
 * Checks the options that a program passed.
 *
 * @param options The options.
 * @param rules The rules for some of them; options that are left out are not
 * checked.
 * @returns The options, each in its normalized form.
 * @throws {OptionError} For the first option that breaks its rule.
 */
export function checkOptions<O extends object>(
  options: O,
  rules: Rules<O>,
): O {
  const checked = { ...options };
  for (const name of Object.keys(rules) as (keyof O & string)[]) {
    if (options[name] === undefined) continue;
    try {
      checked[name] = rules[name]!(options[name]) as O[typeof name];
    } catch (error) {
      throw new OptionError(name, (error as Error).message);
    }
  }
  return checked;
}
