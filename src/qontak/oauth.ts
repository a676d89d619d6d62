/**
 * Qontak's OAuth token endpoint, and access tokens as proof of who calls.
 *
 * @module
 */
import type { Grant, RefreshGrant, Tokens } from "../tokens/tokens.ts";
import { defined, isObject } from "../values.ts";
import type { Authorize } from "./crm.ts";
import { QontakError, UnreachableError } from "./errors.ts";
import type { Transport } from "./transport.ts";

/** Where a person makes a refresh token by hand (Qontak's help centre). */
export const TOKEN_PAGE = "https://crm.qontak.com/crm/api_token/";

/** Access tokens live six hours (Qontak's collection), in seconds. */
const LIFETIME = 21_600;

const ENDPOINT = "POST /oauth/token";

/** Settings of {@linkcode createRefreshGrant}. */
export interface OAuthOptions {
  /** The token endpoint, such as https://app.qontak.com/oauth/token. */
  readonly tokenUrl: string;
  /** The OAuth application's id; tokens of the CRM's own page need none. */
  readonly clientId?: string;
  /** The OAuth application's secret. */
  readonly clientSecret?: string;
  /** The OAuth application's redirect URI. */
  readonly redirectUri?: string;
  /** How long one request may take, in ms. */
  readonly timeout: number;
  /** Sends requests. */
  readonly transport: Transport;
}

/**
 * Makes the refresh grant: form-encoded, as Qontak's collection shows it.
 *
 * @param options Where the token endpoint is, and the application if any.
 * @returns A function from a refresh token to a new pair.
 */
export function createRefreshGrant(options: OAuthOptions): RefreshGrant {
  const { write: send } = options.transport;
  return async (refreshToken) => {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
    });
    if (options.clientId) form.set("client_id", options.clientId);
    if (options.clientSecret) form.set("client_secret", options.clientSecret);
    if (options.redirectUri) form.set("redirect_uri", options.redirectUri);
    let status: number;
    let text: string;
    try {
      const response = await send(options.tokenUrl, {
        method: "POST",
        headers: { accept: "application/json" },
        body: form,
        redirect: "manual",
        signal: AbortSignal.timeout(options.timeout),
      });
      status = response.status;
      text = await response.text();
    } catch (error) {
      // What fetch throws is not passed on: its parts may name the request.
      const timedOut = error instanceof DOMException &&
        error.name === "TimeoutError";
      throw new UnreachableError(
        timedOut
          ? `Qontak's token endpoint did not answer within ${options.timeout} ms. QONTAK_TIMEOUT_MS sets the limit`
          : "Qontak's token endpoint could not be reached. Check the network and QONTAK_BASE_URL",
        {
          endpoint: ENDPOINT,
          reason: timedOut ? "timeout" : "network",
          mayHaveArrived: true,
        },
      );
    }
    return readGrant(status, text, refreshToken);
  };
}

function readGrant(
  status: number,
  text: string,
  refreshToken: string,
): Grant {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Told apart below: nothing of the text may reach a message.
  }
  if (!isObject(body)) {
    const what =
      `Qontak's token endpoint answered ${status} with something that is not JSON`;
    if (status >= 400) {
      throw new QontakError(what, { endpoint: ENDPOINT, status, said: "" });
    }
    throw new UnreachableError(`${what}. Check QONTAK_BASE_URL`, {
      endpoint: ENDPOINT,
      reason: "unreadable",
      mayHaveArrived: true,
    });
  }
  if (status >= 400 || typeof body.access_token !== "string") {
    throw refused(status, body);
  }
  return {
    access_token: body.access_token,
    // Doorkeeper leaves it out where tokens are reusable.
    refresh_token: typeof body.refresh_token === "string"
      ? body.refresh_token
      : refreshToken,
    expires_in: typeof body.expires_in === "number"
      ? body.expires_in
      : LIFETIME,
  };
}

function refused(status: number, body: Record<string, unknown>): QontakError {
  const code = typeof body.error === "string" ? body.error : undefined;
  const said = typeof body.error_description === "string"
    ? body.error_description
    : "";
  const what = `Qontak's token endpoint answered ${status}${
    code ? ` ${code}` : ""
  }${said ? `: ${said}` : ""}`;
  return new QontakError(`${what}. ${remedy(code)}`, {
    endpoint: ENDPOINT,
    status,
    said,
    ...defined({ code }),
  });
}

function remedy(code: string | undefined): string {
  if (code === "invalid_grant") {
    return `The refresh token is expired, revoked or already used. Make a new one at ${TOKEN_PAGE}, set it as QONTAK_REFRESH_TOKEN and start again`;
  }
  if (code === "invalid_client" || code === "unauthorized_client") {
    return "Check QONTAK_CLIENT_ID, QONTAK_CLIENT_SECRET and QONTAK_REDIRECT_URI: they must be those of the application that the refresh token was made with";
  }
  return "Try again in a moment";
}

/**
 * Access tokens as proof of who calls.
 *
 * @param tokens The source of access tokens.
 * @param tenant The company to act for.
 * @returns The headers of a call; a refused token is refreshed once.
 */
export function bearer(tokens: Tokens, tenant: string): Authorize {
  const prefix = "Bearer ";
  return async (_request, rejected) => {
    const refused = rejected?.authorization?.slice(prefix.length);
    const token = await tokens.access(tenant, refused);
    return { authorization: prefix + token };
  };
}
