/**
 * Every error that this program foresees, in one hierarchy. Each has a `kind`:
 * what sorts errors reads it, and nothing else.
 *
 * | kind | class | what it says |
 * |---|---|---|
 * | `input` | {@linkcode InputError} | what was asked for cannot be carried out |
 * | `settings` | {@linkcode ConfigError} | a setting is missing or malformed |
 * | `qontak` | {@linkcode QontakError} | Qontak answered, and said no |
 * | `unreachable` | {@linkcode UnreachableError} | no answer of Qontak's could be read |
 * | `credentials` | {@linkcode CredentialsError} | there is nobody to act for |
 * | `store` | {@linkcode StoreError} | a store does not work |
 * | `issuer` | {@linkcode IssuerError} | the issuer of JWTs does not work |
 * | `limit` | {@linkcode LimitError} | a limit of this server's own |
 *
 * Any other error is a fault of this program, or an option that a program gave
 * it: {@linkcode OptionError}.
 *
 * @module
 */
import { type Advise, adviseEmbedder, type Remedy } from "./advice/advice.ts";
import type { Rules } from "./values/rules.ts";
import { redact, redactSecrets } from "./logging/redact.ts";

/** What an error is about. */
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
 * An error that was foreseen. Its message is a sentence that may be shown; the
 * words of its remedy depend on who reads them.
 *
 * @example Telling errors apart by what they are about
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
  /** What it is about. */
  abstract readonly kind: ErrorKind;
  /** What can be done about it, where the message does not say it. */
  readonly remedy?: Remedy;

  /**
   * Makes the error.
   *
   * @param message A sentence without a full stop that says what failed.
   * @param remedy What can be done about it.
   */
  constructor(message: string, remedy?: Remedy) {
    super(message);
    if (remedy !== undefined) this.remedy = remedy;
  }
}

/**
 * What was asked for cannot be carried out: an argument, a flag or a word is
 * wrong. Nothing was changed.
 */
export class InputError extends ForeseenError {
  /** Tells this error from others. */
  override readonly name: string = "InputError";
  /** What it is about. */
  readonly kind = "input";
}

/** How many problems one message names, and how many are looked for. */
export const MAX_PROBLEMS = 50;

/** How many problems with the form of arguments are described. */
export const MAX_FINDINGS = 20;

/**
 * Everything that is wrong with a call, in one error.
 *
 * @param what What was not done, such as `create_deal was not sent`.
 * @param problems What is wrong, one sentence each.
 */
export function problemsError(
  what: string,
  problems: readonly string[],
): InputError {
  const count = problems.length === 1
    ? "1 problem"
    : `${problems.length} problems`;
  const shown = problems.slice(0, MAX_PROBLEMS);
  const more = problems.length - shown.length;
  return new InputError(
    `${what}, nothing was changed: ${count}.\n${
      shown.map((problem, i) => `${i + 1}. ${problem}`).join("\n")
    }${more > 0 ? `\n… and ${more} more` : ""}`,
  );
}

/** Arguments that do not have the form that a tool takes. */
export class ArgumentsError extends InputError {
  /** Tells this error from others. */
  override readonly name = "ArgumentsError";
  /** What is wrong, one phrase each, by the argument that it is about. */
  readonly problems: readonly { argument: string; problem: string }[];

  /**
   * Makes the error.
   *
   * @param tool The tool that was called.
   * @param problems What is wrong with its arguments.
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
  /** Tells this error from others. */
  override readonly name = "ConfigError";
  /** What it is about. */
  readonly kind = "settings";
  /** Everything that is wrong, one sentence each. */
  readonly problems: readonly string[];

  /**
   * Makes the error.
   *
   * @param problems Everything that is wrong, one sentence each.
   */
  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

/**
 * Qontak answered, and the answer is no.
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
  /** Tells this error from others. */
  override readonly name = "QontakError";
  /** What it is about. */
  readonly kind = "qontak";
  /** Method and path of the endpoint, ids left out. */
  readonly endpoint: string;
  /** `meta.status` where the answer has one, the HTTP status otherwise. */
  readonly status: number;
  /** What Qontak itself wrote, or an empty string. */
  readonly said: string;
  /** OAuth's `error`, such as `invalid_grant`; only from the token endpoint. */
  readonly code?: string;
  /** How many seconds Qontak asks to wait, from `Retry-After`. */
  readonly retryAfter?: number;

  /**
   * Makes the error.
   *
   * @param message A sentence that says what failed and what to do.
   * @param details What Qontak answered, and to which endpoint.
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
 * Qontak was not reached, or what came back is not an answer of its API.
 *
 * @example Asking whether a write may have happened
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
  /** Tells this error from others. */
  override readonly name = "UnreachableError";
  /** What it is about. */
  readonly kind = "unreachable";
  /** Method and path of the endpoint, ids left out. */
  readonly endpoint: string;
  /**
   * Why no answer could be read; "limited" where the server's own limits, and
   * "suspended" where failures before it kept the request from being sent.
   */
  readonly reason:
    | "network"
    | "timeout"
    | "cancelled"
    | "unreadable"
    | "redirected"
    | "limited"
    | "suspended";
  /** Whether Qontak may have carried out the request all the same. */
  readonly mayHaveArrived: boolean;
  /** How many seconds to wait, where the request was kept from being sent. */
  readonly retryAfter?: number;

  /**
   * Makes the error.
   *
   * @param message A sentence that says what failed and what to do.
   * @param details Which endpoint, why, and whether it may have arrived.
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

/** Why no answer of Qontak's could be read. */
export type UnreachableReason = UnreachableError["reason"];

/**
 * There are no credentials for the company a call is about.
 *
 * @example Saying which company is meant
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { CredentialsError } from "@qontak/mcp/stores";
 *
 * const error = new CredentialsError("No refresh token is kept for tenant acme");
 * assertMatch(error.message, /acme/);
 * ```
 */
export class CredentialsError extends ForeseenError {
  /** Tells this error from others. */
  override readonly name = "CredentialsError";
  /** What it is about. */
  readonly kind = "credentials";
}

/**
 * The store of credentials is out of order. It says nothing about whether
 * there are credentials.
 *
 * @example Saying what is out of order
 * ```ts
 * import { assertMatch } from "@std/assert";
 * import { StoreError } from "@qontak/mcp/stores";
 *
 * const error = new StoreError("Redis at localhost:6379 does not answer");
 * assertMatch(error.message, /Redis/);
 * ```
 */
export class StoreError extends ForeseenError {
  /** Tells this error from others. */
  override readonly name = "StoreError";
  /** What it is about. */
  readonly kind = "store";
}

/**
 * The issuer of callers' JWTs does not work: nobody can tell whether a token is
 * good.
 */
export class IssuerError extends ForeseenError {
  /** Tells this error from others. */
  override readonly name = "IssuerError";
  /** What it is about. */
  readonly kind = "issuer";
}

/** Why a request was not sent. */
export type LimitReason = "limited" | "suspended";

const REASONS: Readonly<Record<LimitReason, string>> = {
  limited: "Too many requests at once",
  suspended: "The last requests were not answered, so requests are paused",
};

/**
 * A request may not be sent now. Nothing of it was.
 */
export class LimitError extends ForeseenError {
  /** Tells this error from others. */
  override readonly name = "LimitError";
  /** What it is about. */
  readonly kind = "limit";
  /**
   * "limited" where there are too many requests, "suspended" where the last
   * ones had no answer.
   */
  readonly reason: LimitReason;
  /** How long to wait, in whole seconds; 1 at least. */
  readonly seconds: number;

  /**
   * Makes the error.
   *
   * @param reason Why.
   * @param wait How long to wait, in ms.
   * @param words What is said of the reason; what usually holds when left out.
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
 * The sentence of an error that was foreseen, without what must not be told.
 * What can be done about it follows.
 *
 * @param error What was thrown.
 * @param advise Has the words of remedies; those for programs that embed the
 * server when left out.
 * @returns Its sentence, or undefined for a fault of this program.
 */
export function sentenceOf(
  error: unknown,
  advise: Advise = adviseEmbedder,
): string | undefined {
  if (!(error instanceof ForeseenError)) return undefined;
  const { message, remedy } = error;
  const sentence = remedy ? `${message}. ${advise(remedy)}` : message;
  // Wrong input is told to the caller whose own values it repeats.
  return error.kind === "input" ? redactSecrets(sentence) : redact(sentence);
}

/** An error's remedy, to be spread into the details of a log line. */
export function remedyOf(error: unknown): { readonly remedy?: Remedy } {
  const remedy = error instanceof ForeseenError ? error.remedy : undefined;
  return remedy ? { remedy } : {};
}

/**
 * An option of a program that embeds the server is missing or malformed.
 *
 * @example Saying which option it is
 * ```ts
 * import { assertThrows } from "@std/assert";
 * import { createServer, OptionError } from "@qontak/mcp";
 *
 * const error = assertThrows(
 *   () => createServer({ refreshToken: "a refresh token", timeout: -1 }),
 *   OptionError,
 * );
 * console.log(error.option);
 * ```
 */
export class OptionError extends TypeError {
  /** Tells this error from others. */
  override readonly name = "OptionError";
  /** The option. */
  readonly option: string;
  /** What is wrong with it: a phrase that follows its name. */
  readonly problem: string;

  /**
   * Makes the error.
   *
   * @param option The option.
   * @param problem What is wrong with it.
   */
  constructor(option: string, problem: string) {
    super(`${option} ${problem}`);
    this.option = option;
    this.problem = problem;
  }
}

/**
 * Checks options that a program gave.
 *
 * @param options The options.
 * @param rules What some of them must be; those that are left out are not asked.
 * @returns The options, each in its usual form.
 * @throws {OptionError} For the first that breaks its rule.
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
