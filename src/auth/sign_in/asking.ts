/**
 * Reads what a client asks for at the authorization endpoint.
 *
 * @module
 */
import { defined } from "../../values/json.ts";
import type { Clients } from "./clients.ts";
import type { Ask } from "./flows.ts";
import {
  checkResource,
  isRegistered,
  need,
  OAuthProblem,
  type Parameters,
  readScope,
} from "./protocol.ts";

/**
 * Reads and checks the parameters of a request.
 *
 * @param given The parameters.
 * @param clients Finds the client.
 * @param publicUrl The address of this endpoint.
 * @throws {OAuthProblem} When the request is not acceptable.
 */
export async function readAsk(
  given: Parameters,
  clients: Clients,
  publicUrl: string,
): Promise<Ask> {
  const client = await clients.find(need(given, "client_id"));
  const redirect_uri = need(given, "redirect_uri");
  if (!isRegistered(redirect_uri, client.redirect_uris)) {
    throw new OAuthProblem(
      "invalid_request",
      "The redirect_uri is not one that this client registered",
    );
  }
  if (need(given, "response_type") !== "code") {
    throw new OAuthProblem(
      "unsupported_response_type",
      "The only response_type is code",
    );
  }
  const challenge = need(given, "code_challenge");
  if (given.code_challenge_method !== "S256") {
    throw new OAuthProblem(
      "invalid_request",
      "code_challenge_method must be S256",
    );
  }
  if (!/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
    throw new OAuthProblem(
      "invalid_request",
      "code_challenge is not a SHA-256 in base64url",
    );
  }
  checkResource(given.resource, publicUrl);
  const { id, name, host } = client;
  return {
    client: { id, name, ...defined({ host }) },
    redirect_uri,
    challenge,
    scopes: readScope(given.scope),
    ...defined({ state: given.state }),
  };
}
