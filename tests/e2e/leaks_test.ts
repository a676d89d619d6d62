/**
 * Nothing leaks: every input contains secrets and personal data, and every
 * output is searched for them.
 */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  CredentialsError,
  InputError,
  QontakError,
  StoreError,
  UnreachableError,
} from "../../src/errors.ts";
import { createHandler, createServer } from "../../mod.ts";
import { createLog } from "../../src/logging/log.ts";
import { type RunningSandbox, serveSandbox } from "../../src/sandbox/mod.ts";
import { adviseEmbedder } from "../../src/advice/advice.ts";
import { presentError } from "../../src/mcp/result.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { callTool } from "../support/call.ts";
import { bearer, keyEntry, startDeployed } from "../support/deployed.ts";
import { type Ended, run, startHttp } from "../support/process.ts";
import {
  HANDSHAKE,
  parseLines,
  request,
  toolCall,
  toStdin,
} from "../support/rpc.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

/** The canaries, by input. */
const canaries = {
  /** In the settings. */
  config: [
    "q7Xd2Vb9Lm4Rt8Wz1Kp6Hs3Nrefresh",
    "a9Kw3Zr6Tq1Xm8Vp5Bn2Lc7Ysecret",
    "f5Hj8Ds2Gk6Wl9Qe4Rt1Uy7Ikey",
    "kZ8Q2vEjRWeJq83vEjRWeJq83vASNFZ4mrze8BCtG0A=",
  ],
  /** Secrets that a caller pastes into arguments. */
  pasted: [
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ0ZXN0In0.c2lnbmF0dXJlLWNhbmFyeQ",
    "8f14e45fceea167a5a36dedd4bea2543",
    "pR4vXs9KdW2mZq7LbT5yNc8G",
  ],
  /** People in arguments. */
  argument: [
    "+62 812-3333-4444",
    "argumen@example.co.id",
    "Sebuah kalimat dari pemanggil",
  ],
  /** People in the company's records. */
  record: ["rekaman@example.co.id", "628113334444", "Isi catatan yang rahasia"],
  /** What Qontak repeats in its refusals. */
  refusal: [
    "+62 813-5555-6666",
    "tolak@example.co.id",
    "Tg5Rb8Nm2Kx7Wq4Zv9Lp1Hs6",
  ],
} as const;

type Kind = keyof typeof canaries;

/**
 * Which canaries may appear in which outputs; the others may not appear
 * anywhere.
 */
const may = {
  "answers to the caller": ["record", "argument", "pasted"],
  "errors for the caller": ["argument"],
  "answers to anybody else": [],
  "what is logged and printed": [],
} as const satisfies Record<string, readonly Kind[]>;

/** All outputs, by place. */
class Outputs {
  readonly #texts = new Map<keyof typeof may, string[]>();

  add(where: keyof typeof may, ...texts: string[]): void {
    const known = this.#texts.get(where) ?? [];
    this.#texts.set(where, [...known, ...texts]);
  }

  ended(where: Ended): void {
    this.add("what is logged and printed", where.stdout, where.stderr);
  }

  /** Whether an output contains any of some words. */
  has(where: keyof typeof may, words: readonly string[]): boolean {
    const all = (this.#texts.get(where) ?? []).join("\n");
    return words.some((word) => all.includes(word));
  }

  check(): void {
    for (const [where, texts] of this.#texts) {
      const allowed: readonly Kind[] = may[where];
      for (const kind of Object.keys(canaries) as Kind[]) {
        if (allowed.includes(kind)) continue;
        for (const canary of canaries[kind]) {
          for (const text of texts) {
            // A large part of it is as bad as the whole.
            const found = text.indexOf(canary.slice(0, 12));
            assert(
              found < 0,
              `${where} hold what was planted as ${kind}: ${
                text.slice(Math.max(0, found - 300), found + 100)
              }`,
            );
          }
        }
      }
    }
  }
}

const [REFRESH, SECRET, KEY, SEALING] = canaries.config;
const everything = (...kinds: Kind[]) =>
  kinds.flatMap((kind) => canaries[kind]).join(", ");

/** A Qontak whose records hold canaries. */
async function plant(): Promise<RunningSandbox> {
  const sandbox = serveSandbox({
    refreshToken: REFRESH,
    clientId: "application",
    clientSecret: SECRET,
    rotateRefreshTokens: false,
  });
  const send = async (path: string, init: RequestInit) => {
    const response = await fetch(`${sandbox.url}${path}`, init);
    const answer = await response.json();
    assertEquals(response.ok, true, JSON.stringify(answer));
    return answer;
  };
  const { access_token } = await send("/oauth/token", {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: REFRESH,
      client_id: "application",
      client_secret: SECRET,
    }),
  });
  const api = (method: string, path: string, body?: Data) =>
    send(`/api/v3.1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${access_token}`,
        "content-type": "application/json",
      },
      body: body ? JSON.stringify(body) : null,
    });
  const [email, telephone, note] = canaries.record;
  const { response: [{ id }] } = await api("GET", "/contacts?per_page=1");
  await api("PUT", `/contacts/${id}`, { email, telephone });
  await api("POST", "/notes/", { note, crm_person_id: id });
  return sandbox;
}

const settings = (sandbox: RunningSandbox) => ({
  LOG_LEVEL: "debug",
  QONTAK_BASE_URL: sandbox.url,
  QONTAK_REFRESH_TOKEN: REFRESH,
  QONTAK_CLIENT_ID: "application",
  QONTAK_CLIENT_SECRET: SECRET,
  QONTAK_RETRY_BUDGET_MS: "0",
  TOKEN_ENCRYPTION_KEY: SEALING,
});

/** Arguments of every tool: a secret, a person, or an invalid value. */
function* hostileCalls(): Generator<[string, Data]> {
  const words = [
    ...canaries.pasted,
    ...canaries.argument,
    everything("pasted", "argument"),
  ];
  for (const { name, input } of catalog) {
    for (const [i, word] of words.entries()) {
      const args = Object.fromEntries(
        Object.keys(input).filter((key) => key !== "user_id").map((
          key,
          n,
        ) => [key, (n + i) % 3 === 0 ? [word] : word]),
      );
      yield [name, { ...args, [word]: word }];
    }
  }
}

/** Messages of Qontak that repeat secrets and personal data. */
const said = `${everything("refusal")} Authorization: Bearer ${
  canaries.refusal[2]
}`;

const refusals: ((sandbox: RunningSandbox, path: string) => void)[] = [
  ...[400, 401, 403, 404, 409, 422, 429, 500, 503].map((status) =>
  (
    sandbox: RunningSandbox,
    path: string,
  ) =>
    sandbox.inject({
      path,
      times: 9,
      fault: {
        kind: "status",
        status,
        body: {
          meta: { status, developer_message: said, message: said },
          error: said,
        },
      },
    })
  ),
  (sandbox) => {
    sandbox.expireAccessTokens();
    sandbox.inject({
      path: "/oauth/token",
      times: 9,
      fault: {
        kind: "status",
        status: 400,
        body: { error: said, error_description: `${said} ${REFRESH}` },
      },
    });
  },
  (sandbox, path) => sandbox.inject({ path, fault: { kind: "truncated" } }),
  (sandbox, path) => sandbox.inject({ path, fault: { kind: "redirect" } }),
];

Deno.test("every failure that a model reads is redacted; the caller's own values lose secrets only", () => {
  const details = { endpoint: "", status: 422, said: "" };
  const fate = { reason: "network", mayHaveArrived: false } as const;
  const said = everything("refusal");
  const told = (error: unknown) =>
    presentError(catalog[0]!, error, {
      advise: adviseEmbedder,
      content: "open",
    }).content[0]!.text;
  for (
    const error of [
      new QontakError(said, details),
      new UnreachableError(said, { ...details, ...fate }),
      new StoreError(said),
      new CredentialsError(said),
    ]
  ) {
    assertEquals(
      told(error),
      "[phone], [e-mail], [token]",
    );
  }
  const [phone, email] = canaries.refusal;
  assertEquals(
    told(new InputError(said)),
    `${phone}, ${email}, [token]`,
  );
  for (const secret of canaries.refusal) {
    assert(!told(new TypeError(said)).includes(secret));
  }
});

Deno.test("over HTTP, canaries appear only where they belong", async () => {
  const outputs = new Outputs();
  await using sandbox = await plant();
  const http = await startHttp([], {
    ...settings(sandbox),
    MCP_API_KEYS: await keyEntry(KEY),
  });
  try {
    const tell = async (
      where: keyof typeof may,
      path: string,
      init: RequestInit,
    ) => {
      const response = await fetch(new URL(path, http.url), init);
      outputs.add(
        where,
        JSON.stringify([...response.headers]),
        await response.text(),
      );
      return response.status;
    };
    // A caller without a key.
    const pasted = everything("pasted");
    const [token] = canaries.pasted;
    const hostile: RequestInit = {
      method: "POST",
      headers: {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        cookie: pasted,
        "x-canary": everything("argument"),
      },
      body: `{"jsonrpc":"2.0","id":1,"method":"${pasted}`,
    };
    for (
      const path of [
        "/mcp",
        `/mcp?access_token=${token}`,
        `/${token}`,
        `/health?email=${canaries.argument[1]}`,
        "/ready",
        "/",
      ]
    ) {
      await tell("answers to anybody else", path, hostile);
      await tell("answers to anybody else", path, {
        ...hostile,
        headers: {
          ...hostile.headers,
          origin: `https://user:${canaries.pasted[2]}@example.com`,
        },
      });
      await tell("answers to anybody else", path, {});
    }
    // A caller with a key.
    const headers = bearer(KEY);
    assertEquals(
      await tell("errors for the caller", "/mcp", {
        ...hostile,
        headers: { ...hostile.headers, ...headers },
      }),
      400,
    );
    const call = async (name: string, args: Data) => {
      const { text, isError } = await callTool(http.url, name, args, headers);
      outputs.add(
        isError ? "errors for the caller" : "answers to the caller",
        text,
      );
      return isError;
    };
    for (const [name, args] of hostileCalls()) await call(name, args);
    for (const word of canaries.pasted) await call(word, {});
    for (const { name, effect, input } of catalog) {
      if (effect !== "read") continue;
      const ids = Object.keys(input).filter((key) => key.endsWith("_id"));
      await call(name, Object.fromEntries(ids.map((key) => [key, 512301])));
    }
    const listed = await callTool(
      http.url,
      "list_contacts",
      { per_page: 1 },
      headers,
    );
    const [, crm_lead_id] = /"id":(\d+)/.exec(listed.text)!;
    await call("get_contact", { contact_id: Number(crm_lead_id) });
    await call("list_notes", { crm_lead_id: Number(crm_lead_id) });
    for (const refuse of refusals) {
      for (
        const [name, args, path] of [
          ["list_products", {}, "/api/v3.1/products"],
          ["create_product", { name: "x" }, "/api/v3.1/products"],
          ["create_contact", { first_name: "x" }, "/api/v3.1/contacts/info"],
        ] as const
      ) {
        refuse(sandbox, path);
        await call(name, args);
        sandbox.clearFaults();
      }
    }
  } finally {
    outputs.ended(await http.stop("SIGTERM"));
  }
  outputs.check();
  // The canaries did reach the outputs where they belong.
  assert(outputs.has("answers to the caller", canaries.record));
  assert(outputs.has("errors for the caller", canaries.argument));
  assert(outputs.has("errors for the caller", ["[phone], [e-mail], [token]"]));
});

Deno.test("on stdio, canaries appear only where they belong", async () => {
  const outputs = new Outputs();
  await using sandbox = await plant();
  const calls = [...hostileCalls()].filter((_, i) => i % 5 === 0);
  const lines = [
    request(1, "initialize", {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: everything("pasted"), version: "1" },
    }),
    `{"jsonrpc":"2.0","id":"${everything("config", "pasted")}`,
    everything("config", "pasted", "argument"),
    JSON.stringify({ jsonrpc: "1.0", method: everything("pasted") }),
    toolCall(2, "list_contacts"),
    ...calls.map(([name, args], i) => toolCall(i + 10, name, args)),
  ];
  const ended = await run([], {
    env: settings(sandbox),
    stdin: toStdin(...lines),
  });
  assertEquals(ended.code, 0, ended.stderr);
  outputs.add("what is logged and printed", ended.stderr);
  const answers = ended.stdout.split("\n").filter((line) => line !== "");
  assert(answers.length >= calls.length);
  for (const line of answers) {
    const { result } = JSON.parse(line);
    outputs.add(
      result && !result.isError
        ? "answers to the caller"
        : "errors for the caller",
      line,
    );
  }
  outputs.check();
  assert(outputs.has("answers to the caller", canaries.record));
});

Deno.test("the command line repeats no secret that is in the wrong place", async () => {
  const outputs = new Outputs();
  const secret = canaries.pasted[2];
  const dir = await Deno.makeTempDir({ suffix: `-${canaries.argument[1]}` });
  try {
    await Deno.mkdir(`${dir}/.env`);
    const mistakes: [string[], Record<string, string>, string?][] = [
      [[secret], {}],
      [[`--${secret}`], {}],
      [["--token", secret], {}],
      [["tenants", "add", `${secret} x`], {}],
      [["doctor", `${secret}/`], {}],
      [["config", secret], {}],
      [["doctor"], { QONTAK_TIMEOUT_MS: secret }],
      [["--http", "--port", secret], {}],
      [["--toolsets", secret], {}],
      [[], { QONTAK_TIMEOUT_MS: secret, LOG_LEVEL: secret }],
      [[], { QONTAK_READ_ONLY: secret, QONTAK_TOOLSETS: secret }],
      [[], { QONTAK_BASE_URL: `https://user:${secret}@example.com` }],
      [[], { MCP_API_KEYS: KEY, TOKEN_ENCRYPTION_KEY: secret }],
      [[], { TOKEN_STORE: "redis", REDIS_URL: `redis:/x:${secret}@host` }],
      [["tenants", "list"], {
        TOKEN_STORE: "redis",
        REDIS_URL: `redis://user:${secret}@127.0.0.1:1/0`,
      }],
      [[], {}, dir],
    ];
    for (const [args, env, cwd] of mistakes) {
      const ended = await run(args, { env, ...(cwd ? { cwd } : {}) });
      assert(ended.code !== 0, JSON.stringify([args, env, ended]));
      assert(ended.stderr + ended.stdout !== "");
      outputs.ended(ended);
    }
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
  outputs.check();
});

const FAULTY = new URL("../support/faulty.ts", import.meta.url).pathname;
const CANARY = "canary that somebody wrote";
const GOES_ON = /the server continues.*"stack":"[^"]*faulty\.ts/;

function assertWentOn(stderr: string): void {
  const lines = stderr.split("\n").filter((line) =>
    line.includes("the server continues")
  );
  assertEquals(lines.length, 3, stderr);
  assert(lines.some((line) => GOES_ON.test(line)), stderr);
  for (const kind of ["RangeError", "TypeError", "string"]) {
    assertStringIncludes(lines.join(), `"error":"${kind}"`);
  }
  assert(!stderr.includes(CANARY), stderr);
  parseLines(stderr);
}

/** Settings of a program that uses a sandbox in another process. */
const serving = ({ url, refreshToken }: RunningSandbox) => ({
  QONTAK_BASE_URL: url,
  QONTAK_REFRESH_TOKEN: refreshToken,
});

Deno.test("an unexpected error is logged without its message, and HTTP continues", async () => {
  await using sandbox = serveSandbox();
  const http = await startHttp(
    [],
    { MCP_TEST_CANARY: CANARY, ...serving(sandbox) },
    { preload: FAULTY },
  );
  for (let i = 0; i < 3; i++) {
    const { isError, text } = await callTool(http.url, "list_pipelines");
    assert(!isError, text);
  }
  const { stderr, code } = await http.stop("SIGTERM");
  assertEquals(code, 0);
  assertWentOn(stderr);
});

Deno.test("an unexpected error is logged without its message, and stdio continues", async () => {
  await using sandbox = serveSandbox();
  const { code, stdout, stderr } = await run([], {
    preload: FAULTY,
    env: { MCP_TEST_CANARY: CANARY, ...serving(sandbox) },
    stdin: toStdin(
      ...HANDSHAKE,
      toolCall(2, "list_pipelines"),
      toolCall(3, "list_pipelines"),
    ),
  });
  assertEquals(code, 0, stderr);
  const answers = parseLines(stdout);
  for (const { result } of answers) assert(result, stdout);
  assertEquals(answers.length, 3);
  assertWentOn(stderr);
});

Deno.test("the deploy entry logs an unexpected error without its message, and continues", async () => {
  await using sandbox = serveSandbox();
  const served = await startDeployed({
    MCP_TEST_CANARY: CANARY,
    MCP_API_KEYS: await keyEntry(KEY),
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
  }, { preload: FAULTY });
  for (let i = 0; i < 3; i++) {
    const { isError, text } = await callTool(
      served.url,
      "list_pipelines",
      {},
      bearer(KEY),
    );
    assert(!isError, text);
  }
  assertWentOn((await served.stop("SIGTERM")).stderr);
});

Deno.test("the deploy entry says what is wrong with the settings without secrets in them", async () => {
  const outputs = new Outputs();
  const [, , secret] = canaries.pasted;
  const served = await startDeployed({
    QONTAK_TIMEOUT_MS: secret,
    QONTAK_REFRESH_TOKEN: REFRESH,
  });
  const response = await fetch(served.url);
  assertEquals(response.status, 503);
  outputs.add("answers to anybody else", await response.text());
  const ended = await served.stop("SIGTERM");
  assertStringIncludes(ended.stderr, "QONTAK_TIMEOUT_MS");
  outputs.ended(ended);
  outputs.check();
});

Deno.test("a start that fails unexpectedly says where, not what", async () => {
  const { code, stdout, stderr } = await run(["--sandbox"], {
    preload: FAULTY,
    env: { MCP_TEST_CANARY: CANARY, MCP_TEST_FAIL_AT_START: "1" },
  });
  assertEquals([code, stdout], [1, ""], stderr);
  // It warns about the variables of faulty.ts, which are not its own.
  const [failure, ...more] = parseLines(stderr).filter(({ message }) =>
    !/^MCP_TEST_\w+ is not a variable of this program/.test(message)
  );
  assertEquals(more, []);
  const { error, message, stack } = failure;
  assertEquals(error, "TypeError");
  assertStringIncludes(message, "because of a bug");
  assertStringIncludes(stack, "serve.ts");
  assert(!stderr.includes(CANARY), stderr);
});

Deno.test("a request that fails unexpectedly is answered without the reason", async () => {
  const lines: string[] = [];
  const log = createLog("debug", (line) => lines.push(line));
  const server = createServer({ refreshToken: REFRESH, log });
  const handler = createHandler(server, {
    log,
    authenticate: () => Promise.reject(new TypeError(CANARY)),
  });
  const response = await handler(
    new Request("http://127.0.0.1/mcp", {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}` },
    }),
  );
  assertEquals(response.status, 500);
  assertStringIncludes(await response.text(), "its log has more");
  assertEquals(lines.length, 1);
  assertStringIncludes(lines[0]!, '"error":"TypeError"');
  assert(!lines[0]!.includes(CANARY));
  await server.close();
});
