/**
 * Facts about tokens and refusals.
 *
 * @module
 */
import { QontakError } from "../../../src/errors.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { isObject } from "../../../src/values/json.ts";
import { metaStatusOf } from "../answers.ts";
import type { Claim, Fact } from "../fact.ts";
import type { Attempt, Lab } from "../lab.ts";
import { redact } from "../redact.ts";
import { shapeOf } from "../shape.ts";
import { demand, judged, otherwise } from "../verdict.ts";
import { GRANT } from "../wire.ts";

/** The largest id that a 32-bit column holds; no record has it. */
const NO_ID = 2_147_483_646;

/** An endpoint that is not in the collections. */
const UNLISTED: Endpoint = {
  method: "GET",
  path: "/qontak-mcp-no-such-path",
  answers: "record",
  query: [],
  body: {},
  shows: {},
};

/** The status, shape and harmless words of a refusal. */
function refusal({ exchange, said }: Attempt): string {
  const { meta } = exchange.body ?? {};
  const words = redact(said);
  return [
    `HTTP ${exchange.status}`,
    exchange.shape,
    ...(isObject(meta)
      ? [`meta${shapeOf(meta)}`, `meta.status ${metaStatusOf(exchange.body)}`]
      : []),
    ...(words === "" ? [] : [`says “${words}”`]),
  ].join("; ");
}

/** A fact about the answer to an invalid request. */
function refusalFact(
  claim: Claim & {
    readonly phase?: "write";
    readonly ask: (lab: Lab) => Promise<Attempt>;
    readonly holds: (attempt: Attempt) => boolean;
  },
): Fact {
  const { ask, holds, ...fact } = claim;
  return {
    phase: "read",
    ...fact,
    async probe(lab) {
      const attempt = await ask(lab);
      return judged(holds(attempt), refusal(attempt));
    },
  };
}

/** The facts. */
export const accessFacts: readonly Fact[] = [
  {
    id: "refresh-rotates",
    question: "Does a refresh bring another refresh token?",
    assumed: "Yes; the newest is kept before it is used",
    code: "src/tokens/tokens.ts: renew",
    how: "Compares what was sent with what came back",
    phase: "log",
    probe({ tokens }) {
      demand(tokens.grants > 0, "no token was asked for");
      return tokens.rotations > 0
        ? judged(true, "another one came")
        : otherwise("the same one came back");
    },
  },
  {
    id: "old-refresh-token",
    question: "Does the old refresh token die when a new one is given?",
    assumed: "Yes",
    code: "src/tokens/stores/env.ts: createEnvStore",
    how: "Uses the old one again, then the newest, once all else is done",
    phase: "last",
    async probe({ flags, grant, loopback, tokens, wire }) {
      demand(
        loopback || flags["probe-rotation"],
        "it needs --probe-rotation, since it may lock the account's token out",
      );
      const { first, newest } = tokens;
      demand(newest !== first, "the token was not replaced");
      const refused = await grant(first).then(() => undefined, (error) => {
        if (error instanceof QontakError) return error;
        throw error;
      });
      // This refusal was intentional.
      await wire.reopen();
      const isAlive = await grant(tokens.newest).then(() => true, () => false);
      const code = refused?.code ? ` ${redact(refused.code)}` : "";
      return judged(
        refused !== undefined,
        `${refused ? `HTTP ${refused.status}${code}` : "it still works"}; ${
          isAlive
            ? "the newest one still works"
            : "the newest one died with it: make a new token"
        }`,
      );
    },
  },
  {
    id: "refresh-without-client",
    question:
      "Is a token of the CRM's own page refreshed without an OAuth application, form-encoded?",
    assumed: "Yes",
    code: "src/qontak/oauth.ts: createOAuth",
    how: "The run's own refresh",
    phase: "log",
    probe({ hasClient, tokens }) {
      demand(!hasClient, "QONTAK_CLIENT_ID is set");
      demand(tokens.grants > 0, "no token came");
      return judged(true);
    },
  },
  {
    id: "token-lifetime",
    question: "How long does an access token live?",
    assumed: "21600 s, where the answer does not say",
    code: "src/tokens/held.ts: TOKEN_LIFETIME",
    how: "expires_in of the run's own refresh",
    phase: "log",
    probe({ wire }) {
      const grant = demand(
        wire.seen.find(({ endpoint, status }) =>
          endpoint === GRANT && status === 200
        ),
        "no token was asked for",
      );
      const seconds = grant.body?.expires_in;
      return judged(seconds === 21_600, `expires_in is ${Number(seconds)}`);
    },
  },
  refusalFact({
    id: "error-401",
    question: "What does a wrong access token get?",
    assumed: "HTTP 401 with {error} at the top and no meta",
    code: "src/qontak/envelope.ts: saidBy",
    how: "GET /pipelines with a wrong token, on purpose",
    ask: (lab) => lab.attemptWithBadToken(endpoints.pipelines.list),
    holds: ({ exchange: { status, body } }) =>
      status === 401 && typeof body?.error === "string" &&
      body.meta === undefined,
  }),
  refusalFact({
    id: "error-404",
    question: "What does a record get that does not exist?",
    assumed: "HTTP 404 with meta and no response",
    code: "src/qontak/envelope.ts: readAnswer",
    how: `GET /deals/${NO_ID}`,
    ask: (lab) => lab.attempt(endpoints.deals.get, { path: { id: NO_ID } }),
    holds: ({ exchange: { status, body } }) =>
      status === 404 && metaStatusOf(body) === 404 &&
      body?.response === undefined,
  }),
  refusalFact({
    id: "error-404-products",
    question: "Is a missing product an HTTP 200 whose meta.status is 404?",
    assumed: "It may be: meta.status counts, also inside an HTTP 200",
    code: "src/qontak/envelope.ts: readAnswer",
    how: `GET /products/${NO_ID}`,
    ask: (lab) => lab.attempt(endpoints.products.get, { path: { id: NO_ID } }),
    holds: ({ status }) => status === 404,
  }),
  refusalFact({
    id: "error-route",
    question: "What does a path get that does not exist?",
    assumed: "HTTP 404, whatever the body",
    code: "src/qontak/envelope.ts: describe",
    how: `GET ${UNLISTED.path}`,
    ask: (lab) => lab.attempt(UNLISTED),
    holds: ({ status }) => status === 404,
  }),
  refusalFact({
    id: "error-422",
    question: "What does a write get that lacks what is required?",
    assumed: "HTTP 422 with the reason in meta.developer_message or message",
    code: "src/qontak/envelope.ts: saidBy",
    how: "POST /deals with a name alone, on purpose",
    phase: "write",
    ask: (lab) =>
      lab.attempt(endpoints.deals.create, { body: { name: lab.mark } }),
    holds: ({ exchange: { status, body } }) => {
      const { developer_message, message } = isObject(body?.meta)
        ? body.meta
        : {};
      return status === 422 &&
        [developer_message, message].some((text) =>
          typeof text === "string" && text !== ""
        );
    },
  }),
  {
    id: "unknown-query",
    question: "Is an unknown query parameter ignored?",
    assumed: "Yes, so no tool sends one that is not documented",
    code: "src/qontak/crm.ts: buildUrl",
    how: "GET /contacts with a parameter of our own",
    phase: "read",
    async probe(lab) {
      const { list } = endpoints.contacts;
      const name = "qontak_mcp_unknown";
      const known = lab.answers(list).at(0)?.body?.total_data;
      const attempt = await lab.attempt(
        { ...list, query: [...list.query, name] },
        { query: { [name]: "1" } },
      );
      if (!attempt.ok) return otherwise(refusal(attempt));
      const total = attempt.exchange.body?.total_data;
      return judged(
        total === known,
        `${total === known ? "the same" : "another"} list came`,
      );
    },
  },
];
