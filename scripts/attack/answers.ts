/**
 * Attacks through the answers of other services: Qontak, its token endpoint,
 * Vault and the issuer of JWTs send an endless answer, a decompression bomb, a
 * slow trickle, a redirect to another host, or one record thousands of times.
 *
 * @module
 */
import { serveSandbox } from "../../src/sandbox/mod.ts";
import { bearer } from "../../tests/support/deployed.ts";
import { post, request } from "../../tests/support/rpc.ts";
import { serve, type Served } from "../../tests/support/serve.ts";
import { sleep } from "../../tests/support/time.ts";
import { type Attack, callWith, peakOf } from "./attack.ts";
import { startAttacked } from "./server.ts";

/** The form of a hostile answer. */
type Form = "endless" | "bomb" | "drip" | "redirect" | "repeat";

/**
 * The total size of an endless answer, and of a decompressed bomb, in bytes.
 */
const SIZE = 256 * 1024 * 1024;

/**
 * How much of an endless answer the server may receive before it hangs up, in
 * bytes.
 */
const MOST_SENT = 64 * 1024 * 1024;

/** The most memory that the server may use, in MB. */
const MOST_MEMORY = 512;

/** How long a call may take, in ms: QONTAK_TIMEOUT_MS plus time to end it. */
const LONGEST = 12_000;

/** How often an answer repeats the first record of a list. */
const REPEATED = 5_000;

const CHUNK = new Uint8Array(64 * 1024).fill(32);

/** A host with hostile answers. */
interface Hostile extends Served {
  /** The form of its answers; undefined means correct answers. */
  form: Form | undefined;
  /** How much of its last answer it has sent, in bytes. */
  sent(): number;
  /**
   * How many requests it got, and how many reached the target of its redirects.
   */
  readonly asked: { here: number; trap: number };
}

let bomb: Promise<Uint8Array<ArrayBuffer>> | undefined;

function zeros(
  onSent: (bytes: number) => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let sent = 0;
  return new ReadableStream({
    pull(controller) {
      if (sent >= SIZE) return controller.close();
      sent += CHUNK.length;
      onSent(sent);
      controller.enqueue(CHUNK);
    },
  });
}

/** Serves correct answers through `pass`, and hostile ones on demand. */
function startHostile(
  pass: (request: Request) => Response | Promise<Response>,
): Hostile {
  bomb ??= new Response(
    zeros(() => {}).pipeThrough(new CompressionStream("gzip")),
  ).bytes();
  let sent = 0;
  const asked = { here: 0, trap: 0 };
  const trap = serve(() => {
    asked.trap++;
    return Response.json({ access_token: "x", data: {}, response: [] });
  });
  const answers: Readonly<
    Record<Form, (request: Request) => Response | Promise<Response>>
  > = {
    endless: () => new Response(zeros((bytes) => sent = bytes)),
    bomb: async () =>
      new Response(await bomb!, { headers: { "content-encoding": "gzip" } }),
    drip: () =>
      new Response(
        new ReadableStream({
          async pull(controller) {
            await sleep(200);
            sent++;
            controller.enqueue(new Uint8Array([32]));
          },
        }),
      ),
    redirect: () =>
      new Response(null, { status: 307, headers: { location: trap.url } }),
    async repeat(request) {
      const answer = await (await pass(request)).json();
      const { response: list } = answer;
      return Response.json(
        Array.isArray(list) && list.length > 0
          ? { ...answer, response: Array(REPEATED).fill(list[0]) }
          : answer,
      );
    },
  };
  const host = serve(async (request) => {
    if (!hostile.form) return await pass(request);
    asked.here++;
    sent = 0;
    if (hostile.form !== "repeat") await request.body?.cancel();
    return await answers[hostile.form](request);
  });
  const hostile: Hostile = {
    url: host.url,
    form: undefined,
    sent: () => sent,
    asked,
    async [Symbol.asyncDispose]() {
      await host[Symbol.asyncDispose]();
      await trap[Symbol.asyncDispose]();
    },
  };
  return hostile;
}

const named: Readonly<Record<Form, string>> = {
  endless: "without an end",
  bomb: "with a bomb of gzip",
  drip: "drop by drop",
  redirect: "with a redirect to another host",
  repeat: `with the first record of each list ${REPEATED} times`,
};

/** The attacks; `stack` disposes of all their hosts and servers. */
export async function answerAttacks(
  stack: AsyncDisposableStack,
): Promise<readonly Attack[]> {
  const sandbox = stack.use(serveSandbox());
  const start = () => stack.use(startHostile(sandbox.fetch));
  const hosts = {
    qontak: start(),
    tokens: start(),
    vault: start(),
    issuer: start(),
  };
  // Its answers are correct until the server has a token, and hostile after
  // that.
  const env = (host: Hostile) => ({
    QONTAK_BASE_URL: host.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
  });
  const [asking, granted, vaulted, issued] = await Promise.all([
    startAttacked(env(hosts.qontak)),
    startAttacked(env(hosts.tokens)),
    startAttacked({
      QONTAK_BASE_URL: sandbox.url,
      TOKEN_STORE: "vault",
      VAULT_ADDR: hosts.vault.url,
      VAULT_TOKEN: "a-token-of-vault",
    }),
    startAttacked({
      QONTAK_BASE_URL: sandbox.url,
      QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      MCP_OAUTH_ISSUER: hosts.issuer.url,
      MCP_OAUTH_AUDIENCE: "attacked",
    }),
  ]);
  for (const one of [asking, granted, vaulted, issued]) stack.use(one);
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_")
      .replaceAll("=", "");
  const forged = `${part({ alg: "ES256", kid: "x" })}.${
    part({ iss: hosts.issuer.url, aud: "attacked", exp: 4e9, sub: "x" })
  }.${part({})}`;

  /** Whether a call fails within the time limit. */
  const failing = async (
    run: () => Promise<{ isError: boolean; text: string }>,
  ) => {
    const start = performance.now();
    const { isError, text } = await run();
    const ms = Math.round(performance.now() - start);
    if (!isError) return `the call succeeded: ${text.slice(0, 100)}`;
    return ms > LONGEST ? `it took ${ms} ms` : undefined;
  };

  const targets = [
    {
      name: "Qontak answers",
      host: hosts.qontak,
      server: asking,
      ask: () =>
        failing(() => callWith(asking, "get_contact", { contact_id: 1 })),
      forms: ["endless", "bomb", "drip", "redirect"] as const,
    },
    {
      name: "Qontak answers a write",
      host: hosts.qontak,
      server: asking,
      ask: () =>
        failing(() => callWith(asking, "create_product", { name: "Baru" })),
      forms: ["endless", "redirect"] as const,
    },
    {
      name: "Qontak answers a question",
      host: hosts.qontak,
      server: asking,
      ask: async () => {
        const start = performance.now();
        await callWith(asking, "query_records", {
          resource: "deals",
          measures: ["count"],
        });
        await callWith(asking, "get_account_overview", { company: 1 });
        const ms = Math.round(performance.now() - start);
        return ms > LONGEST ? `it took ${ms} ms` : undefined;
      },
      forms: ["repeat"] as const,
    },
    {
      name: "the token endpoint answers",
      host: hosts.tokens,
      server: granted,
      ask: () => failing(() => callWith(granted, "list_pipelines")),
      forms: ["endless", "bomb", "drip", "redirect"] as const,
    },
    {
      name: "Vault answers",
      host: hosts.vault,
      server: vaulted,
      ask: () => failing(() => callWith(vaulted, "list_pipelines")),
      // After several failures, the server pauses its requests for a while.
      forms: ["redirect", "endless", "bomb", "drip"] as const,
    },
    {
      name: "Qontak answers /ready",
      host: hosts.tokens,
      server: granted,
      ask: async () => {
        const response = await fetch(new URL("/ready", granted.url));
        await response.body?.cancel();
        return [200, 503].includes(response.status)
          ? undefined
          : `/ready answers ${response.status}`;
      },
      forms: ["endless"] as const,
    },
    {
      // After one bad answer, the server sends no requests for a minute.
      name: "the issuer of JWTs answers 20 forged ones",
      host: hosts.issuer,
      server: issued,
      ask: async () => {
        const statuses = await Promise.all(
          Array.from({ length: 20 }, async (_, i) => {
            const response = await fetch(
              issued.url,
              post(request(1, "ping"), bearer(`${forged}${i}`)),
            );
            await response.body?.cancel();
            return response.status;
          }),
        );
        const { here } = hosts.issuer.asked;
        if (statuses.some((status) => status === 200)) return "one was taken";
        return here > 2 ? `it was asked ${here} times` : undefined;
      },
      forms: ["bomb"] as const,
    },
  ];

  return targets.flatMap(({ name, host, server, ask, forms }) =>
    forms.map((form): Attack => ({
      kind: form === "redirect" ? "redirects" : "answers",
      tried: `${name} ${named[form]}`,
      async run() {
        if (server === asking) await callWith(asking, "list_pipelines");
        host.asked.here = 0;
        host.form = form;
        const problem = await ask();
        host.form = undefined;
        if (problem) return problem;
        if (host.asked.here === 0) return "it was not asked at all";
        if (host.asked.trap > 0) return "the redirect was followed";
        if (form === "endless" && host.sent() > MOST_SENT) {
          return `${host.sent()} bytes were read`;
        }
        const peak = await peakOf(server);
        return peak > MOST_MEMORY ? `the server took ${peak} MB` : undefined;
      },
    }))
  );
}
