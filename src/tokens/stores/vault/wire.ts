/**
 * The way to Vault: one question, one answer, and what its refusals mean.
 *
 * @module
 */
import type NodeVault from "node-vault";
import { StoreError } from "../../../errors.ts";
import { createTransport, type Transport } from "../../../net/transport.ts";
import { isObject, type JsonObject, parseJson } from "../../../values/json.ts";

/** What Vault is asked with, and the capabilities its policies name for it. */
const CAPABILITIES = {
  read: '"read"',
  list: '"list"',
  write: '"create" and "update"',
  delete: '"delete"',
} as const;

/** A question to Vault. */
export interface Question {
  readonly verb: keyof typeof CAPABILITIES;
  /** The path as policies name it: below /v1/, not encoded. */
  readonly path: string;
  /** What is written. */
  readonly data?: object;
}

/** What Vault said, whatever it was. */
export interface Answer {
  /** The HTTP status; 200 stands for every success. */
  readonly status: number;
  /** The JSON object; empty where it was none. */
  readonly body: JsonObject;
  /** Vault's own list of errors, undefined where there is no list. */
  readonly errors: readonly string[] | undefined;
  /** What is known of the token that was refused, where anything is. */
  readonly token?: "alive" | "ended" | undefined;
}

/** The way to one Vault. */
export interface Wire {
  /** Names it in messages. */
  readonly where: string;
  /** Sends a question, with a token where Vault needs one. */
  send(question: Question, token?: string): Promise<Answer>;
  /** Puts an answer that grants nothing into words. */
  refusal(question: Question, answer: Answer): StoreError;
  /** Ends its connections. */
  close(): Promise<void>;
}

/** Makes the way to Vault, over the library. */
export function createWire(
  address: string,
  namespace: string,
  timeout: number,
): Wire {
  const where = `Vault at ${new URL(address).host}${
    namespace && ` (namespace ${JSON.stringify(namespace)})`
  }`;
  let connecting: Promise<Connection> | undefined;

  async function connect(): Promise<Connection> {
    const vaultAt = await loadClient();
    const transport = createTransport();
    const vault = vaultAt({
      endpoint: address,
      "request-promise": travel(transport, timeout),
      // It would print tokens.
      debug() {},
    });
    // The library looks into the environment for what it is not given.
    Object.assign(vault, { token: "", namespace, pathPrefix: "" });
    return { vault, transport };
  }

  async function send(question: Question, token?: string): Promise<Answer> {
    const { verb, path, data } = question;
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    // A new object each time: the library writes into it.
    const options = {
      headers: token === undefined ? {} : { "X-Vault-Token": token },
    };
    try {
      connecting ??= connect();
      const { vault } = await connecting;
      const body = await (verb === "write"
        ? vault.write(encoded, data, options)
        : vault[verb](encoded, options));
      return answerOf(200, body);
    } catch (error) {
      const response = isObject(error) && isObject(error.response)
        ? error.response
        : undefined;
      if (response) return answerOf(Number(response.statusCode), response.body);
      if (error instanceof TooLong) throw tooLong(where, path);
      if (error instanceof StoreError) throw error;
      throw unreachable(where, error, timeout);
    }
  }

  return {
    where,
    send,
    refusal: (question, answer) => refusal(where, question, answer),
    async close() {
      const ending = connecting;
      connecting = undefined;
      (await ending?.catch(() => undefined))?.transport.close();
    },
  };
}

/**
 * Loads the library for Vault: it is heavy, and a bundle may be made without
 * it.
 *
 * @throws {StoreError} When it is not there.
 */
async function loadClient(): Promise<typeof NodeVault> {
  try {
    return (await import("node-vault")).default;
  } catch (error) {
    throw new StoreError(
      `The client for Vault, node-vault, cannot be loaded (${
        error instanceof Error ? error.name : typeof error
      }): this program was bundled without it, or npm is not reached. Use the complete program, or another store`,
    );
  }
}

/**
 * Puts into words that no answer came. What the library threw may hold the
 * request with its token, and is not passed on.
 */
function unreachable(
  where: string,
  error: unknown,
  timeout: number,
): StoreError {
  return new StoreError(
    `The token store does not answer: ${where}${
      causeOf(error, timeout)
    }. Your tokens are not lost`,
    { what: "checkVault" },
  );
}

function tooLong(where: string, path: string): StoreError {
  return new StoreError(
    `${where} answers with more than ${MAX_BYTES} bytes for ${path}`,
    { what: "checkVaultPlace" },
  );
}

/** Puts an answer that grants nothing into words. */
function refusal(
  where: string,
  { verb, path }: Question,
  answer: Answer,
): StoreError {
  const { status } = answer;
  if (isTokenGone(answer)) {
    return new StoreError(
      `${where} does not know the token that it is given: it has ended or was revoked`,
      { what: "replaceVaultToken" },
    );
  }
  if (status >= 300 && status < 400) {
    return new StoreError(
      `${where} sends requests elsewhere (HTTP ${status}), and the token is not sent there`,
      { what: "checkVaultRedirect" },
    );
  }
  if (status === 403) {
    const mayHaveEnded = answer.token === "alive"
      ? ""
      : ", or make a new token where it has ended";
    return new StoreError(
      `${where} refuses ${
        CAPABILITIES[verb]
      } on ${path}: add that to the policy of the token${mayHaveEnded}`,
    );
  }
  if (status === 404) {
    return new StoreError(
      `${where} has nothing that answers for ${path}`,
      { what: "checkVaultPath" },
    );
  }
  if (status === 503 && answer.errors?.some((text) => /sealed/.test(text))) {
    return new StoreError(
      `The token store is closed: Vault is sealed (${where}). Your tokens are not lost; somebody has to unseal it`,
    );
  }
  // Without Vault's own words, which may repeat what it was sent.
  return new StoreError(
    `The token store is out of order: ${where} answers HTTP ${status} for ${path}. Your tokens are not lost; its own log says more`,
  );
}

/** The most that is read of one answer, in bytes: a list of many tenants. */
const MAX_BYTES = 10 * 1024 * 1024;

/** An answer was longer than that. */
class TooLong extends Error {}

/** The library, and what carries its requests. */
interface Connection {
  readonly vault: NodeVault.client;
  readonly transport: Transport;
}

/** A request as the library makes it. */
interface LibraryRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  /** What is sent, if anything. */
  readonly json: unknown;
}

/**
 * Carries the library's requests over fetch, in the form of the library that
 * it once used. Its own way, axios on node:https, does not know the
 * certificates of DENO_CERT, asks for every --allow-sys, limits the waiting
 * for each piece but not for the whole answer, and puts the token into errors.
 */
function travel(transport: Transport, timeout: number) {
  const request = async (options: LibraryRequest) => {
    const { method, uri, headers, json } = options;
    // A login uses up a secret id, and a write that arrives twice would lose
    // against itself.
    const send = method === "POST" ? transport.write : transport.read;
    const reply = await send(uri, {
      method,
      headers: {
        ...headers,
        "Content-Type": "application/json",
        // Vault's own agent can be told to let nothing else pass.
        "X-Vault-Request": "true",
      },
      body: isObject(json) ? JSON.stringify(json) : null,
      // The token would go where somebody else says.
      redirect: "manual",
      signal: AbortSignal.timeout(timeout),
    });
    const text = await reply.text(MAX_BYTES);
    if (text === undefined) throw new TooLong();
    return {
      statusCode: reply.status,
      // It may be the page of a proxy.
      body: parseJson(text ?? ""),
      // The library takes errors of some paths for success.
      request: { path: "" },
    };
  };
  return { defaults: () => request };
}

/** Whether Vault says that it does not know the token. */
export function isTokenGone({ status, errors = [], token }: Answer): boolean {
  return status === 403 && (token === "ended" ||
    errors.some((text) => /invalid token|bad token/.test(text)));
}

function answerOf(status: number, value: unknown): Answer {
  const body = isObject(value) ? value : {};
  const errors = Array.isArray(body.errors)
    ? body.errors.map(String)
    : undefined;
  return { status, body, errors };
}

/** What is wrong with the connection, as far as a person can help it. */
function causeOf(error: unknown, timeout: number): string {
  if (!(error instanceof Error)) return "";
  if (error.name === "TimeoutError") return ` within ${timeout} ms`;
  // The runtime's own words name the permission that is missing, no more.
  if (error.name === "NotCapable") return ` (${error.message})`;
  const inner = error.cause instanceof Error ? error.cause.message : "";
  return /certificate/i.test(error.message + inner)
    ? " (its certificate is signed by nobody this machine trusts: name the file of the one who signed it in DENO_CERT)"
    : "";
}
