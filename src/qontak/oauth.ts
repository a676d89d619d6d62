/**
 * Qontak's OAuth token endpoint, and authentication with access tokens.
 *
 * @module
 */
import type { Remedy } from "../advice/advice.ts";
import { connectFailure } from "../net/failure.ts";
import { QontakError, UnreachableError } from "../errors.ts";
import { TOKEN_LIFETIME } from "../tokens/held.ts";
import type { Grant, RefreshGrant } from "../tokens/renewal.ts";
import type { Tokens } from "../tokens/tokens.ts";
import { redactBeginning } from "../logging/redact.ts";
import { readRetryAfter } from "./retry.ts";
import { quoteSaid } from "./envelope.ts";
import { defined, isObject, parseJson, show, toId } from "../values/json.ts";
import type { Authorize } from "./crm.ts";
import type { Transport } from "../net/transport.ts";

/**
 * The page on which a person creates a refresh token by hand (source: Qontak's
 * help centre).
 */
export const TOKEN_PAGE = "https://crm.qontak.com/crm/api_token/";

const ENDPOINT = "POST /oauth/token";

/** The time limit of the token endpoint, in ms. Leases wait for it. */
const TIMEOUT = 20_000;

/** The largest answer that is read, in bytes. */
const MAX_BYTES = 64 * 1024;

/** Settings of {@linkcode createOAuth}. */
export interface OAuthOptions {
  /** Qontak's base URL, such as https://app.qontak.com. */
  readonly baseUrl: string;
  /**
   * The OAuth application's id. Tokens from the CRM's own page do not need it.
   */
  readonly clientId?: string;
  /** The OAuth application's secret. */
  readonly clientSecret?: string;
  /** The OAuth application's redirect URI. */
  readonly redirectUri?: string;
  /** How long one request may take, in ms. */
  readonly timeout: number;
  /** Sends requests. */
  readonly transport: Transport;
  /** How to replace a tenant's refresh token. */
  readonly remedyFor: (tenant: string) => Remedy;
}

/** Qontak's OAuth, as its collection shows it. */
export interface OAuth {
  /** Exchanges a refresh token for a new pair of tokens. */
  readonly refresh: RefreshGrant;
  /** Logs in with an authorization code. */
  code(code: string): Promise<Grant>;
  /** Logs in as a user of the CRM. */
  password(username: string, password: string): Promise<Grant>;
  /**
   * The page on which a person authorizes the application and receives a code.
   */
  authorizeUrl(state: string): string;
}

/**
 * The scope that an application requests (source: a working PHP integration).
 */
const SCOPE = "crm";

/**
 * Creates a client for Qontak's token endpoint. Grants are form-encoded. All of
 * them throw {@linkcode QontakError} when Qontak refuses, and {@linkcode
 * UnreachableError} when no usable answer came from Qontak.
 *
 * @param options The endpoint's address, and the application if there is one.
 * @returns The grants.
 */
export function createOAuth(options: OAuthOptions): OAuth {
  const { clientId, clientSecret, redirectUri, remedyFor } = options;
  const timeout = Math.min(options.timeout, TIMEOUT);
  const application = defined({
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uri: redirectUri,
  });

  async function grant(
    form: Record<string, string>,
    grantWords: GrantWords,
  ): Promise<Grant> {
    let status: number;
    let text: string | null | undefined;
    let retryAfter: number | undefined;
    try {
      const reply = await options.transport.write(
        `${options.baseUrl}/oauth/token`,
        {
          method: "POST",
          headers: { accept: "application/json" },
          body: new URLSearchParams(form),
          redirect: "manual",
          signal: AbortSignal.timeout(timeout),
        },
      );
      status = reply.status;
      retryAfter = readRetryAfter(reply.headers);
      text = await reply.text(MAX_BYTES);
    } catch (error) {
      // The error of fetch is not passed on, because it may contain parts of
      // the request.
      const unsent = connectFailure(error, options.baseUrl);
      if (unsent) {
        throw new UnreachableError(
          `Qontak's token endpoint could not be reached: ${unsent.reason}. Nothing was sent, so nothing changed`,
          {
            endpoint: ENDPOINT,
            reason: "network",
            mayHaveArrived: false,
            remedy: unsent.remedy ?? { what: "checkNetwork" },
          },
        );
      }
      const timedOut = error instanceof DOMException &&
        error.name === "TimeoutError";
      throw new UnreachableError(
        `Qontak's token endpoint ${
          timedOut
            ? `did not answer within ${timeout} ms`
            : "broke the connection before an answer came"
        }. ${grantWords.lost}`,
        {
          endpoint: ENDPOINT,
          reason: timedOut ? "timeout" : "network",
          mayHaveArrived: true,
          ...(timedOut ? {} : { remedy: { what: "checkNetwork" } }),
        },
      );
    }
    return readGrant({ status, text, retryAfter }, form, grantWords);
  }

  return {
    refresh: (refreshToken, tenant) =>
      grant({
        grant_type: "refresh_token",
        refresh_token: refreshToken,
        ...application,
      }, {
        invalid:
          "The refresh token is expired, revoked or already used, perhaps by another program with the same token, or by a server that was stopped before it could keep the new one",
        remedy: remedyFor(tenant),
        lost:
          "Whether it replaced the refresh token is not known: trying again will show",
      }),
    code: (code) =>
      grant({ grant_type: "authorization_code", code, ...application }, {
        invalid:
          "The code is wrong, was used before or is too old, or the redirect URI is another one: open the address again for a new code",
        lost: "The code may be used up: open the address again for a new one",
      }),
    password: (username, password) =>
      grant({ grant_type: "password", username, password }, {
        invalid: "The e-mail address or the password is wrong",
        lost: "Nothing was kept: try again",
      }),
    authorizeUrl(state) {
      const url = new URL(`${options.baseUrl}/oauth/authorize`);
      for (
        const [name, value] of Object.entries({
          client_id: clientId ?? "",
          redirect_uri: redirectUri ?? "",
          response_type: "code",
          scope: SCOPE,
          state,
        })
      ) url.searchParams.set(name, value);
      return url.href;
    },
  };
}

/** The messages for a failed grant. */
interface GrantWords {
  /** The message when the credentials are not valid. */
  readonly invalid: string;
  /** What to do then, if the message does not say it. */
  readonly remedy?: Remedy;
  /** The message when it is unknown whether the grant was made. */
  readonly lost: string;
}

/** An answer of the token endpoint. */
interface TokenAnswer {
  readonly status: number;
  /** The body; undefined if it is too large, null if it is not valid UTF-8. */
  readonly text: string | null | undefined;
  /** How many seconds Qontak asks to wait. */
  readonly retryAfter: number | undefined;
}

/** Says when to try again. */
function again(retryAfter: number | undefined): string {
  return retryAfter === undefined
    ? "Try again in a moment"
    : `Wait ${retryAfter} s and try again`;
}

function readGrant(
  { status, text, retryAfter }: TokenAnswer,
  form: Readonly<Record<string, string>>,
  grantWords: GrantWords,
): Grant {
  const body = parseJson(text ?? "");
  if (!isObject(body)) {
    // The message must not contain any part of the text.
    const what = `Qontak's token endpoint answered ${status} with ${
      text === undefined
        ? `more than ${MAX_BYTES} bytes`
        : "something that is not JSON"
    }`;
    if (status >= 400) {
      throw new QontakError(
        retryAfter === undefined ? what : `${what}. ${again(retryAfter)}`,
        {
          endpoint: ENDPOINT,
          status,
          said: "",
          ...defined({ retryAfter }),
        },
      );
    }
    throw new UnreachableError(
      `${what}. ${grantWords.lost}`,
      {
        endpoint: ENDPOINT,
        reason: "unreadable",
        mayHaveArrived: true,
        remedy: { what: "checkAddress" },
      },
    );
  }
  if (status >= 400 || typeof body.access_token !== "string") {
    throw refused({ status, retryAfter }, body, form, grantWords);
  }
  // Doorkeeper omits it if refresh tokens are reusable.
  const refresh_token = typeof body.refresh_token === "string"
    ? body.refresh_token
    : form.refresh_token;
  if (!refresh_token) {
    throw new QontakError(
      "Qontak's token endpoint gave an access token without a refresh token: it would end in a few hours. Use a token of Qontak's API token page instead",
      { endpoint: ENDPOINT, status, said: "" },
    );
  }
  return {
    access_token: body.access_token,
    refresh_token,
    expires_in: typeof body.expires_in === "number"
      ? body.expires_in
      // The number may come as text.
      : toId(body.expires_in) ?? TOKEN_LIFETIME,
  };
}

/** The standard OAuth error codes. Any other code is quoted. */
const CODES: ReadonlySet<string> = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "invalid_scope",
  "unauthorized_client",
  "unsupported_grant_type",
  "access_denied",
  "server_error",
  "temporarily_unavailable",
]);

/** The longest quotation of an answer, in characters. */
const MAX_SAID = 1_000;

function refused(
  { status, retryAfter }: Omit<TokenAnswer, "text">,
  body: Record<string, unknown>,
  form: Readonly<Record<string, string>>,
  grantWords: GrantWords,
): QontakError {
  // The answer may repeat sent secrets, which must not be passed on.
  const { grant_type: _, ...secrets } = form;
  const read = (value: unknown) =>
    typeof value !== "string" ? undefined : redactBeginning(
      Object.values(secrets).reduce(
        (text, secret) => text.replaceAll(secret, "…"),
        value,
      ),
      MAX_SAID,
    );
  const code = read(body.error);
  const said = read(body.error_description) ?? "";
  const what = `Qontak's token endpoint answered ${status}${
    code ? ` ${CODES.has(code) ? code : show(code)}` : ""
  }${said ? `: ${quoteSaid(said)}` : ""}`;
  const details = {
    endpoint: ENDPOINT,
    status,
    said,
    ...defined({ code, retryAfter }),
  };
  if (code === "invalid_grant") {
    const { invalid, remedy } = grantWords;
    return new QontakError(`${what}. ${invalid}`, {
      ...details,
      ...defined({ remedy }),
    });
  }
  return code === "invalid_client" || code === "unauthorized_client"
    ? new QontakError(what, {
      ...details,
      remedy: { what: "checkApplication" },
    })
    : new QontakError(`${what}. ${again(retryAfter)}`, details);
}

/**
 * Authenticates calls with access tokens.
 *
 * @param tokens The source of access tokens.
 * @param tenant The company for which calls are made.
 * @param account The account that the calls are for; any by default.
 * @returns A function that returns the headers of a call. It refreshes a
 * refused token once.
 */
export function bearer(
  tokens: Tokens,
  tenant: string,
  account?: string,
): Authorize {
  const prefix = "Bearer ";
  return async (_request, rejected) => {
    const refused = rejected?.headers.authorization?.slice(prefix.length);
    const token = await tokens.access(tenant, refused, account);
    return { authorization: prefix + token };
  };
}
