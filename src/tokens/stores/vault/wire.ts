/**
 * The connection to Vault: sends requests and explains refusals.
 *
 * @module
 */
import { connectFailure } from "../../../net/failure.ts";
import type NodeVault from "node-vault";
import { StoreError } from "../../../errors.ts";
import { createTransport, type Transport } from "../../../net/transport.ts";
import { isObject, type JsonObject, parseJson } from "../../../values/json.ts";

/** Operations on Vault, and the policy capabilities that each one needs. */
const CAPABILITIES = {
  read: '"read"',
  list: '"list"',
  write: '"create" and "update"',
  delete: '"delete"',
} as const;

/** A request to Vault. */
export interface Question {
  readonly verb: keyof typeof CAPABILITIES;
  /** The path as policies write it: below /v1/, not encoded. */
  readonly path: string;
  /** The data to write. */
  readonly data?: object;
}

/** Any answer from Vault. */
export interface Answer {
  /** The HTTP status; 200 for every success. */
  readonly status: number;
  /** The JSON object; empty if the body was not a JSON object. */
  readonly body: JsonObject;
  /** The list of errors from Vault; undefined if there is no list. */
  readonly errors: readonly string[] | undefined;
  /** The state of the refused token, if known. */
  readonly token?: "alive" | "ended" | undefined;
}

/** The connection to one Vault. */
export interface Wire {
  /** The name of this Vault in messages. */
  readonly where: string;
  /** Sends a request, with a token if Vault needs one. */
  send(question: Question, token?: string): Promise<Answer>;
  /** Makes the error for an answer that refuses a request. */
  refusal(question: Question, answer: Answer): StoreError;
  /** Closes the connections. */
  close(): Promise<void>;
}

/** Makes the connection to Vault, using the library. */
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
      // The library's version would print tokens.
      debug() {},
    });
    // The library reads missing values from the environment.
    Object.assign(vault, { token: "", namespace, pathPrefix: "" });
    return { vault, transport };
  }

  async function send(question: Question, token?: string): Promise<Answer> {
    const { verb, path, data } = question;
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    // A new object for each request, because the library modifies it.
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
      throw unreachable({ where, address, timeout }, error);
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
 * Loads the Vault library on demand: it is large, and a bundle can omit it.
 *
 * @throws {StoreError} When the library is missing.
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
 * Makes the error for a request without an answer. The library's error may
 * contain the request with its token, so it is not passed on.
 */
function unreachable(
  { where, address, timeout }: {
    readonly where: string;
    readonly address: string;
    readonly timeout: number;
  },
  error: unknown,
): StoreError {
  const failure = connectFailure(error, address);
  const isLate = error instanceof Error && error.name === "TimeoutError";
  return new StoreError(
    `The token store does not answer: ${where}${
      failure ? ` (${failure.reason})` : isLate ? ` within ${timeout} ms` : ""
    }. Your tokens are not lost`,
    failure?.remedy ?? { what: "checkVault" },
  );
}

function tooLong(where: string, path: string): StoreError {
  return new StoreError(
    `${where} answers with more than ${MAX_BYTES} bytes for ${path}`,
    { what: "checkVaultPlace" },
  );
}

/** Makes the error for an answer that refuses a request. */
function refusal(
  where: string,
  { verb, path }: Question,
  answer: Answer,
): StoreError {
  const { status } = answer;
  if (isTokenGone(answer)) {
    return new StoreError(
      `${where} does not know the token that it is given: it has expired or was revoked`,
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
      : ", or make a new token if it has expired";
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
  // Omits Vault's message, which may repeat the request.
  return new StoreError(
    `The token store does not work: ${where} answers HTTP ${status} for ${path}. Your tokens are not lost; its own log says more`,
  );
}

/** The most bytes to read of one answer: enough for a list of many tenants. */
const MAX_BYTES = 10 * 1024 * 1024;

/** An answer exceeded the limit. */
class TooLong extends Error {}

/** The library and its transport. */
interface Connection {
  readonly vault: NodeVault.client;
  readonly transport: Transport;
}

/** A request from the library. */
interface LibraryRequest {
  readonly method: string;
  readonly uri: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, if any. */
  readonly json: unknown;
}

/**
 * Sends the library's requests with fetch, through the interface of the HTTP
 * library that it used earlier. By default the library uses axios on
 * node:https, which ignores the certificates in DENO_CERT, needs unrestricted
 * --allow-sys, limits the wait for each chunk but not for the whole answer, and
 * puts the token into errors.
 */
function travel(transport: Transport, timeout: number) {
  const request = async (options: LibraryRequest) => {
    const { method, uri, headers, json } = options;
    // Not retried: a login uses up a secret id, and a repeated write would
    // conflict with itself.
    const send = method === "POST" ? transport.write : transport.read;
    const reply = await send(uri, {
      method,
      headers: {
        ...headers,
        "Content-Type": "application/json",
        // Vault Agent can be configured to require this header.
        "X-Vault-Request": "true",
      },
      body: isObject(json) ? JSON.stringify(json) : null,
      // Following a redirect would send the token to another server.
      redirect: "manual",
      signal: AbortSignal.timeout(timeout),
    });
    const text = await reply.text(MAX_BYTES);
    if (text === undefined) throw new TooLong();
    return {
      statusCode: reply.status,
      // The body may be a proxy's error page.
      body: parseJson(text ?? ""),
      // The library treats errors on some paths as success.
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
