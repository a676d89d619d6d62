/**
 * Facts about tokens and refusals.
 *
 * @module
 */
import { QontakError } from "../../../src/errors.ts";
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { isObject } from "../../../src/values/json.ts";
import { asAssumed, type Fact, judged, NotTried, otherwise } from "../fact.ts";
import { metaStatusOf } from "../answers.ts";
import type { Attempt, Lab } from "../lab.ts";
import { redact } from "../redact.ts";
import { shapeOf } from "../shape.ts";
import { GRANT } from "../wire.ts";

/** The largest id that a 32-bit column holds: no record has it. */
const NO_ID = 2_147_483_646;

/** An endpoint that is in no collection. */
function unlisted(path: string, query: readonly string[] = []): Endpoint {
  return { method: "GET", path, answers: "record", query, body: {}, shows: {} };
}

/** Status, shape and harmless words of a refusal. */
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

/** A call whose token is wrong, and stays wrong. */
async function withBadToken(lab: Lab): Promise<Attempt> {
  const crm = lab.crmAs((_request, rejected) =>
    Promise.resolve(
      rejected ? undefined : { authorization: "Bearer not-a-token" },
    )
  );
  return await lab.attempt(endpoints.pipelines.list, {}, crm);
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
      if (tokens.grants === 0) throw new NotTried("no token was asked for");
      return judged(
        tokens.rotations > 0,
        tokens.rotations > 0 ? "another one came" : "the same one came back",
      );
    },
  },
  {
    id: "old-refresh-token",
    question: "Does the old refresh token die when a new one is given?",
    assumed: "Yes",
    code: "src/tokens/stores/env.ts: createEnvStore",
    how: "Uses the old one again, then the newest, once all else is done",
    phase: "last",
    async probe(lab) {
      const { tokens } = lab;
      if (!lab.loopback && !lab.flags["probe-rotation"]) {
        throw new NotTried(
          "it needs --probe-rotation, since it may lock the account's token out",
        );
      }
      if (!tokens.replaced) throw new NotTried("the token was not replaced");
      let finding;
      try {
        await tokens.reuse();
        finding = otherwise("it still works");
      } catch (error) {
        if (!(error instanceof QontakError)) throw error;
        finding = asAssumed(
          `HTTP ${error.status}${error.code ? ` ${redact(error.code)}` : ""}`,
        );
      }
      // The refusal was on purpose.
      await lab.wire.reopen();
      const alive = await tokens.renew().then(() => true, () => false);
      const after = alive
        ? "the newest one still works"
        : "the newest one died with it: make a new token";
      return { ...finding, detail: `${finding.detail}; ${after}` };
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
    probe(lab) {
      if (lab.hasClient) throw new NotTried("QONTAK_CLIENT_ID is set");
      if (lab.tokens.grants === 0) throw new NotTried("no token came");
      return asAssumed();
    },
  },
  {
    id: "token-lifetime",
    question: "How long does an access token live?",
    assumed: "21600 s, where the answer does not say",
    code: "src/tokens/tokens.ts: TOKEN_LIFETIME",
    how: "expires_in of the run's own refresh",
    phase: "log",
    probe({ wire }) {
      const grant = wire.seen.find(({ endpoint, status }) =>
        endpoint === GRANT && status === 200
      );
      if (!grant) throw new NotTried("no token was asked for");
      const seconds = grant.body?.expires_in;
      return judged(seconds === 21_600, `expires_in is ${Number(seconds)}`);
    },
  },
  {
    id: "error-401",
    question: "What does a wrong access token get?",
    assumed: "HTTP 401 with {error} at the top and no meta",
    code: "src/qontak/envelope.ts: saidBy",
    how: "GET /pipelines with a wrong token, on purpose",
    phase: "read",
    async probe(lab) {
      const attempt = await withBadToken(lab);
      const { status, body } = attempt.exchange;
      return judged(
        status === 401 && typeof body?.error === "string" &&
          body.meta === undefined,
        refusal(attempt),
      );
    },
  },
  {
    id: "error-404",
    question: "What does a record get that does not exist?",
    assumed: "HTTP 404 with meta and no response",
    code: "src/qontak/envelope.ts: readAnswer",
    how: `GET /deals/${NO_ID}`,
    phase: "read",
    async probe(lab) {
      const attempt = await lab.attempt(endpoints.deals.get, {
        path: { id: NO_ID },
      });
      const { status, body } = attempt.exchange;
      return judged(
        status === 404 && metaStatusOf(body) === 404 &&
          body?.response === undefined,
        refusal(attempt),
      );
    },
  },
  {
    id: "error-404-products",
    question: "Is a missing product an HTTP 200 whose meta.status is 404?",
    assumed: "It may be: meta.status counts, also inside an HTTP 200",
    code: "src/qontak/envelope.ts: readAnswer",
    how: `GET /products/${NO_ID}`,
    phase: "read",
    async probe(lab) {
      const attempt = await lab.attempt(endpoints.products.get, {
        path: { id: NO_ID },
      });
      return judged(attempt.status === 404, refusal(attempt));
    },
  },
  {
    id: "error-route",
    question: "What does a path get that does not exist?",
    assumed: "HTTP 404, whatever the body",
    code: "src/qontak/envelope.ts: describe",
    how: "GET /qontak-mcp-no-such-path",
    phase: "read",
    async probe(lab) {
      const attempt = await lab.attempt(unlisted("/qontak-mcp-no-such-path"));
      return judged(attempt.status === 404, refusal(attempt));
    },
  },
  {
    id: "error-422",
    question: "What does a write get that lacks what is required?",
    assumed: "HTTP 422 with the reason in meta.developer_message or message",
    code: "src/qontak/envelope.ts: saidBy",
    how: "POST /deals with a name alone, on purpose",
    phase: "write",
    async probe(lab) {
      const attempt = await lab.attempt(endpoints.deals.create, {
        body: { name: lab.mark },
      });
      if (attempt.ok) return otherwise("a deal without a stage was made");
      const meta = attempt.exchange.body?.meta;
      const says = isObject(meta) &&
        [meta.developer_message, meta.message].some((text) =>
          typeof text === "string" && text !== ""
        );
      return judged(
        attempt.exchange.status === 422 && says,
        refusal(attempt),
      );
    },
  },
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
      return judged(total === known, "the same list came");
    },
  },
];
