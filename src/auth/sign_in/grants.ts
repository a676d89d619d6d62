/**
 * The grants of the token endpoint: a code, and a refresh token, are exchanged
 * for tokens.
 *
 * @module
 */
import { digest, sha256 } from "../../storage/hash.ts";
import type { TokenStore } from "../../tokens/store.ts";
import { toBase64 } from "../../values/base64.ts";
import { tenantOf } from "./accounts.ts";
import {
  checkResource,
  need,
  OAuthProblem,
  type Parameters,
  readScope,
} from "./protocol.ts";
import { isSame, type Issued, parseSecret } from "./issued.ts";
import { ACCESS_LIFETIME, type Beginning, type Sessions } from "./sessions.ts";
import type { Records } from "./store.ts";
import type { Sweep } from "./sweep.ts";

/** A code that waits to be exchanged. */
export interface Code extends Omit<Beginning, "code"> {
  readonly hash: string;
  readonly redirect_uri: string;
  readonly challenge: string;
}

/** What grants need. */
export interface GrantParts {
  /** The codes that wait. */
  readonly codes: Records<Code>;
  /** The sessions. */
  readonly sessions: Sessions;
  /** Where the tokens of Qontak are kept. */
  readonly tokens: TokenStore;
  /** The address of the endpoint. */
  readonly publicUrl: string;
  /** Is told when a session may have ended. */
  readonly sweep: Pick<Sweep, "note">;
}

/**
 * Makes what answers the token endpoint.
 *
 * @param parts Where codes and sessions are kept.
 * @returns A function that answers the parameters of a request. It throws
 * {@linkcode OAuthProblem} when there are no tokens for them.
 */
export function createGrants(
  { codes, sessions, tokens, publicUrl, sweep }: GrantParts,
): (given: Parameters) => Promise<Record<string, unknown>> {
  async function exchangeCode(given: Parameters): Promise<Issued> {
    const code = need(given, "code");
    const named = parseSecret(code);
    const found = named?.kind === "c"
      ? await codes.take(named.session, named.account)
      : undefined;
    if (!found) {
      // A code that was used before: what it gave may be in wrong hands.
      await sessions.endByCode(code);
      throw refused("The code is wrong, was used before or is too old");
    }
    const { hash, redirect_uri, challenge, ...beginning } = found;
    const verifier = need(given, "code_verifier");
    const isRight = isSame(hash, await sha256(code)) &&
      isSame(challenge, await challengeOf(verifier)) &&
      found.client_id === given.client_id &&
      // OAuth 2.1 leaves it out; when it is there it must be the same.
      (given.redirect_uri ?? redirect_uri) === redirect_uri;
    if (!isRight) {
      throw refused(
        "The code is not for this client, redirect URI and code verifier",
      );
    }
    checkResource(given.resource, publicUrl);
    // The person may have ended everything a moment ago.
    if (!await tokens.read(tenantOf(found.account))) {
      throw refused("The person must sign in again");
    }
    const issued = await sessions.begin({ ...beginning, code: hash });
    await sweep.note(found.account, sessions.endOfNew());
    return issued;
  }

  async function renew(given: Parameters): Promise<Issued> {
    checkResource(given.resource, publicUrl);
    const issued = await sessions.renew(
      need(given, "refresh_token"),
      need(given, "client_id"),
      (allowed) => {
        const wanted = given.scope === undefined
          ? allowed
          : readScope(given.scope);
        if (wanted.every((scope) => allowed.includes(scope))) return wanted;
        throw new OAuthProblem(
          "invalid_scope",
          "The person has not allowed all of these scopes: ask for them at the authorization endpoint",
        );
      },
    );
    if (issued) return issued;
    throw refused(
      "The refresh token is wrong, was replaced or revoked, or has ended: sign in again",
    );
  }

  const grants: Readonly<
    Record<string, (given: Parameters) => Promise<Issued>>
  > = { authorization_code: exchangeCode, refresh_token: renew };

  return async (given) => {
    const type = need(given, "grant_type");
    const grant = Object.hasOwn(grants, type) ? grants[type] : undefined;
    if (!grant) {
      throw new OAuthProblem(
        "unsupported_grant_type",
        "The grants are authorization_code and refresh_token",
      );
    }
    need(given, "client_id");
    const { access_token, refresh_token, scopes } = await grant(given);
    return {
      access_token,
      token_type: "Bearer",
      expires_in: ACCESS_LIFETIME,
      refresh_token,
      scope: scopes.join(" "),
    };
  };
}

function refused(description: string): OAuthProblem {
  return new OAuthProblem("invalid_grant", description);
}

/** The S256 challenge of a code verifier; "" if it cannot be one. */
async function challengeOf(verifier: string): Promise<string> {
  if (!/^[A-Za-z0-9\-._~]{43,128}$/.test(verifier)) return "";
  return toBase64(await digest(verifier))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
