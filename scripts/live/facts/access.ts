/**
 * Facts about tokens and refusals.
 *
 * @module
 */
import { CredentialsError, QontakError } from "../../../src/errors.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { isObject, type JsonObject } from "../../../src/values/json.ts";
import { shapeOf } from "../answers.ts";
import type { Facts, Probe } from "../fact.ts";
import type { Attempt, Lab } from "../lab.ts";
import { redact } from "../redact.ts";
import { demand } from "../verdict.ts";
import { GRANT } from "../wire.ts";
import { brings } from "./lists.ts";

/** The largest id that a 32-bit column holds; no record has it. */
const NO_ID = 2_147_483_646;

/** An endpoint that is not in the collections. */
const UNLISTED: Endpoint = {
  ...endpoints.pipelines.list,
  path: "/qontak-mcp-no-such-path",
};

/** The status, shape and harmless words of a refusal. */
function describe({ http, shape, body, said }: Attempt): string {
  const meta = metaOf(body);
  return [
    `HTTP ${http}`,
    shape,
    meta && `meta${shapeOf(meta)}; meta.status ${Number(meta.status)}`,
    said && `says “${redact(said)}”`,
  ].filter(Boolean).join("; ");
}

const metaOf = ({ meta }: JsonObject) => isObject(meta) ? meta : undefined;

/** A probe of the answer to an invalid request. */
function refused(
  ask: (lab: Lab) => Promise<Attempt>,
  holds: (attempt: Attempt) => boolean,
): Probe {
  return async (lab) => {
    const attempt = await ask(lab);
    return [holds(attempt), describe(attempt)];
  };
}

const missing = (endpoint: Endpoint) => (lab: Lab) =>
  lab.attempt(endpoint, { path: { id: NO_ID } });

/** The facts. */
export const accessFacts: Facts = {
  "refresh-rotates": {
    question: "Does a refresh bring another refresh token?",
    assumed: "Yes; the newest is kept before it is used",
    code: "src/tokens/tokens.ts: renew",
    how: "Compares what was sent with what came back",
    log({ tokens: { refreshTokens } }) {
      demand(refreshTokens.length > 1, "no token was asked for");
      return new Set(refreshTokens).size > 1
        ? [true, "another one came"]
        : [false, "the same one came back"];
    },
  },
  "old-refresh-token": {
    question: "Does the old refresh token die when a new one is given?",
    assumed: "Yes",
    code: "src/tokens/stores/env.ts: createEnvStore",
    how: "Uses the old one again, then the newest, once all else is done",
    async last({ flags, grant, loopback, tokens: { refreshTokens }, wire }) {
      demand(
        loopback || flags["probe-rotation"],
        "it needs --probe-rotation, since it may lock the account's token out",
      );
      const newest = () => refreshTokens.at(-1)!;
      const [first] = refreshTokens as [string];
      demand(newest() !== first, "the token was not replaced");
      const refused = await grant(first).then(() => undefined, (error) => {
        if (error instanceof QontakError) return error;
        throw error;
      });
      // This refusal was intentional.
      await wire.reopen();
      const isAlive = await grant(newest()).then(() => true, () => false);
      const code = refused?.code ? ` ${redact(refused.code)}` : "";
      const old = refused ? `HTTP ${refused.status}${code}` : "it still works";
      const now = isAlive ? "still works" : "died with it: make a new token";
      return [refused !== undefined, `${old}; the newest one ${now}`];
    },
  },
  "refresh-without-client": {
    question:
      "Is a token of the CRM's own page refreshed without an OAuth application, form-encoded?",
    assumed: "Yes",
    code: "src/qontak/oauth.ts: createOAuth",
    how: "The run's own refresh",
    log({ hasClient, tokens }) {
      demand(!hasClient, "QONTAK_CLIENT_ID is set");
      demand(tokens.refreshTokens.length > 1, "no token came");
      return [true];
    },
  },
  "token-lifetime": {
    question: "How long does an access token live?",
    assumed: "21600 s, where the answer does not say",
    code: "src/tokens/held.ts: TOKEN_LIFETIME",
    how: "expires_in of the run's own refresh",
    log({ wire }) {
      const grant = wire.seen.find(({ endpoint, http }) =>
        endpoint === GRANT && http === 200
      );
      const { body } = demand(grant, "no token was asked for");
      const seconds = Number(body.expires_in);
      return [seconds === 21_600, `expires_in is ${seconds}`];
    },
  },
  "token-user": {
    question: "Does GET /oauth/token/info say whose token it is?",
    assumed: "Yes, as resource_owner_id; where it does not, a setting says it",
    code: "src/qontak/user.ts: askUser",
    how: "Compares it with the owner of a contact that was made without one",
    async write({ me, setup }) {
      demand(me, "the user behind the token could not be found out");
      const said = await setup.me().catch((error) => {
        if (error instanceof CredentialsError) return undefined;
        throw error;
      });
      if (said === undefined) return [false, "it does not say it"];
      return [said === me, said === me ? "the same user" : "another user"];
    },
  },
  "error-401": {
    question: "What does a wrong access token get?",
    assumed: "HTTP 401 with {error} at the top and no meta",
    code: "src/qontak/envelope.ts: saidBy",
    how: "GET /pipelines with a wrong token, on purpose",
    read: refused(
      (lab) => lab.attemptWithBadToken(endpoints.pipelines.list),
      ({ http, body }) =>
        http === 401 && typeof body.error === "string" &&
        body.meta === undefined,
    ),
  },
  "error-404": {
    question: "What does a record get that does not exist?",
    assumed: "HTTP 404 with meta and no response",
    code: "src/qontak/envelope.ts: readAnswer",
    how: `GET /deals/${NO_ID}`,
    read: refused(
      missing(endpoints.deals.get),
      ({ http, body }) =>
        http === 404 && metaOf(body)?.status === 404 &&
        body.response === undefined,
    ),
  },
  "error-404-products": {
    question: "Is a missing product an HTTP 200 whose meta.status is 404?",
    assumed: "It may be: meta.status counts, also inside an HTTP 200",
    code: "src/qontak/envelope.ts: readAnswer",
    how: `GET /products/${NO_ID}`,
    read: refused(
      missing(endpoints.products.get),
      ({ status }) => status === 404,
    ),
  },
  "error-route": {
    question: "What does a path get that does not exist?",
    assumed: "HTTP 404, whatever the body",
    code: "src/qontak/envelope.ts: describe",
    how: `GET ${UNLISTED.path}`,
    read: refused(
      (lab) => lab.attempt(UNLISTED),
      ({ status }) => status === 404,
    ),
  },
  "error-422": {
    question: "What does a write get that lacks what is required?",
    assumed: "HTTP 422 with the reason in meta.developer_message or message",
    code: "src/qontak/envelope.ts: saidBy",
    how: "POST /deals with a name alone, on purpose",
    write: refused(
      ({ attempt, mark }) =>
        attempt(endpoints.deals.create, { body: { name: mark } }),
      ({ http, body }) => {
        const { developer_message, message } = metaOf(body) ?? {};
        return http === 422 &&
          [developer_message, message].some((text) =>
            typeof text === "string" && text !== ""
          );
      },
    ),
  },
  "unknown-query": {
    question: "Is an unknown query parameter ignored?",
    assumed: "Yes, so no tool sends one that is not documented",
    code: "src/qontak/crm.ts: buildUrl",
    how: "GET /contacts with a parameter of our own",
    read: brings(endpoints.contacts.list, ["qontak_mcp_unknown", "1", "all"]),
  },
};
