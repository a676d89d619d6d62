/**
 * Whatever one caller sends, and whatever Qontak answers, other callers still
 * get answers. Every argument of every tool, headers, and every field of
 * Qontak's answers are tested in the most expensive forms.
 *
 * The other caller is a client that calls a tool repeatedly. The server may
 * compute for 250 ms while it waits, on a machine on which a known computation
 * takes 45 ms; on a slower one, so much longer. On a busy machine the server is
 * not run for a while, so the wait by the clock has a bound of its own: ten
 * times as long.
 */
import { assert } from "@std/assert";
import { createSandbox } from "../../src/sandbox/mod.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { callTool } from "../support/call.ts";
import { type HttpProcess, startHttp } from "../support/process.ts";
import { post, request, toolCall } from "../support/rpc.ts";
import type { Orders, Seen } from "./bystander.ts";
import { type Between, serveUpstream } from "../support/upstream.ts";

/** A little less than the largest body that the server reads. */
const MIB = 1024 * 1024 - 2_000;

/** A little less than the longest text of an argument. */
const WITHIN = 119_000;

/** The parts of texts that are expensive to read. */
const SEEDS = [
  // Characters that grow when they are normalized, or need much context.
  ..."a,1, ,\ufdfa,\u0301,e\u0301,\u200b,\u200b\u0301,\u0928\u200d".split(","),
  "\ud83d\ude00\u200d",
  "\u{1f3f4}\u{e0067}\u{e0062}",
  "0\ufe0f",
  "k\u200d\u0301",
  // Text that begins like a mark, a number, a date or a secret, and does not
  // end.
  "(cut: 1 of 1",
  "[withheld: 1",
  "⟨U+200B⟩",
  "<qontak-data 12345",
  "1.000.",
  "2026-11-30T",
  "08",
  "+62 ",
  "a@",
  "a.",
  "a@b.",
  "eyJa.",
  "token: ",
  'password="',
  "authorization: ",
  "bearer ",
  "://@",
  "?a=",
  "-----BEGIN PRIVATE KEY-----",
  "a1B2",
  "a,",
  // The parts of lists and objects.
  "[",
  "{",
  "[{",
  '{"a":',
  '"',
  "\\",
  "\n",
];

/** The longest text of an argument, whatever its size in bytes. */
function fillArgument(seed: string, most = WITHIN): string {
  return seed.repeat(Math.max(1, Math.floor(most / seed.length)));
}

/** A text of about a number of bytes. */
function fill(seed: string, bytes: number): string {
  const size = JSON.stringify(seed).length - 2 +
    new TextEncoder().encode(seed).length - seed.length;
  return seed.repeat(Math.max(1, Math.floor(bytes / size)));
}

/**
 * Values of about a number of bytes that are not texts, and the JSON of such
 * values.
 */
function* structures(bytes: number): Generator<unknown> {
  const zeros = Array(Math.floor(bytes / 2)).fill(0);
  yield zeros;
  yield JSON.stringify(zeros);
  // JSON.stringify() does not go deeper.
  yield JSON.parse("[".repeat(4_000) + "]".repeat(4_000));
  const count = Math.floor(bytes / 12);
  yield Object.fromEntries(
    Array.from({ length: count }, (_, i) => [`a${i}`, i]),
  );
  yield Array(Math.floor(bytes / 13)).fill({ id: 1, v: 1 });
  yield Array(999).fill("\ufdfa".repeat(Math.floor(bytes / 3_100)));
  yield Array(999).fill({ id: 1, name: "x".repeat(60), value: "y" });
  yield Array.from({ length: 999 }, (_, i) => `wrong ${i} ${"x".repeat(50)}`);
  yield Array.from({ length: 499 }, (_, i) => `wrong ${i}`).join();
  yield 1e300;
}

/** What a schema says of a value. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** The keys of a list's objects that have no declared keys: custom fields. */
const ENTRY: Schema = {
  properties: { id: {}, name: {}, value: {}, value_name: {} },
};

/**
 * Values that have the form of an argument, with one part that is expensive:
 * each key of its objects in turn, in one entry and in as many as are read.
 */
function* shaped(
  schema: Schema,
  part: (bytes: number) => unknown,
): Generator<unknown> {
  const object = schema.items?.type === "object"
    ? schema.items
    : schema.type === "object"
    ? schema
    : undefined;
  if (!object) {
    if (schema.type !== "array" && schema.type !== "string") return;
    yield [part(WITHIN)];
    yield Array.from({ length: 999 }, () => part(Math.floor(WITHIN / 400)));
    return;
  }
  const { properties = ENTRY.properties! } = object;
  for (const key of Object.keys(properties)) {
    const entry = (bytes: number) => ({
      ...Object.fromEntries(
        Object.entries(properties).map((
          [name, { enum: words }],
        ) => [name, words?.[0] ?? "name"]),
      ),
      [key]: part(bytes),
    });
    if (!schema.items) yield entry(WITHIN);
    else {
      yield [entry(WITHIN)];
      yield Array.from({ length: 999 }, () => entry(Math.floor(WITHIN / 400)));
    }
  }
}

/** Some values, repeated. */
function* repeated<T>(values: readonly T[]): Generator<T, never> {
  for (;;) yield* values;
}

/** All of them, repeated. */
function* forms(bytes: number): Generator<unknown, never> {
  for (;;) {
    for (const seed of SEEDS) yield fill(seed, bytes);
    yield* structures(bytes);
  }
}

/** A tool that needs no request to Qontak after its first call. */
const TOOL = "get_company_template";

/** How long the server may compute while another caller waits, in ms. */
const MOST_COMPUTED = 250;

/** How many times as long another caller may wait by the clock. */
const BUSY = 10;

/** How long the known computation takes on the machine of the bound, in ms. */
const KNOWN = 45;

/** How many times slower this machine is at present; at least 1. */
function slowness(): number {
  const keys = Array.from({ length: 87_000 }, (_, i) => [`a${i}`, i]);
  const text = JSON.stringify(Object.fromEntries(keys));
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    JSON.parse(text);
    return performance.now() - start;
  });
  return Math.max(1, Math.min(...times) / KNOWN);
}

/** The server that is attacked. */
type Attacked = Pick<HttpProcess, "url" | "pid">;

/** Another caller, which calls until it is stopped. */
class Bystander {
  readonly #thread: Worker;
  readonly #attacks: { readonly at: number; readonly what: string }[] = [];

  constructor({ url, pid }: Attacked, tool: string | undefined) {
    this.#thread = new Worker(new URL("./bystander.ts", import.meta.url), {
      type: "module",
    });
    this.#thread.postMessage({ url, tool, pid } satisfies Orders);
  }

  /** Sets what is attacked from now on. */
  set now(what: string) {
    this.#attacks.push({ at: Date.now(), what });
  }

  /** Stops it, and returns its longest waits, in ms, and during which attack. */
  async end(): Promise<Omit<Seen, "at" | "failure"> & { during: string }> {
    const { promise, resolve } = Promise.withResolvers<Seen>();
    this.#thread.onmessage = ({ data }) => resolve(data);
    this.#thread.postMessage("stop");
    const { longest, computed, at, failure } = await promise;
    this.#thread.terminate();
    assert(failure === undefined, failure);
    const during = this.#attacks.filter((attack, i) =>
      attack.at < at + computed && (this.#attacks[i + 1]?.at ?? Infinity) > at
    );
    return {
      longest,
      computed,
      during: during.map(({ what }) => what).join(", then "),
    };
  }
}

/** Runs attacks, and fails if the other caller waits too long. */
async function attack(
  server: Attacked,
  run: (bystander: Bystander) => Promise<void>,
  tool: string | undefined = TOOL,
): Promise<void> {
  await callTool(server.url, TOOL);
  const bystander = new Bystander(server, tool);
  await run(bystander).catch(async (error) => {
    await bystander.end();
    throw error;
  });
  const { longest, computed, during } = await bystander.end();
  const most = MOST_COMPUTED * slowness();
  const figures = `${Math.round(computed)} ms of computing, ${
    Math.round(longest)
  } ms by the clock, of ${Math.round(most)}, during ${during}`;
  assert(computed <= most && longest <= BUSY * most, figures);
}

/** The server, with a sandbox behind it whose answers can be changed. */
async function startWorld() {
  const sandbox = createSandbox();
  let between: Between = (request, pass) => pass(request);
  const upstream = serveUpstream(
    sandbox,
    (request, pass) => between(request, pass),
  );
  const server = await startHttp([], {
    QONTAK_BASE_URL: upstream.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    TOKEN_CACHE: "memory",
    QONTAK_RATE_LIMIT: "0",
    QONTAK_GLOBAL_RATE_LIMIT: "0",
    MCP_CALL_RATE: "0",
  });
  return {
    url: server.url,
    pid: server.pid,
    set between(next: Between) {
      between = next;
    },
    async [Symbol.asyncDispose]() {
      await server.stop("SIGTERM");
      await upstream[Symbol.asyncDispose]();
    },
  };
}

/** Sends a message and ignores the answer. */
async function send(
  url: string,
  message: object,
  headers: Record<string, string> = {},
): Promise<void> {
  const response = await fetch(url, post(message, headers)).catch(() => {});
  await response?.text();
}

/** Arguments that a tool needs, with ids of records that there are. */
function neededBy(
  name: string,
  known: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const { input } = catalog.find((one) => one.name === name)!;
  return Object.fromEntries(
    Object.entries(input).filter(([, { required }]) => required)
      .map(([key, argument]) => {
        const schema: Schema = argument.schema;
        const other = schema.type === "string" ? "x" : 1;
        return [key, schema.enum?.[0] ?? known[key] ?? other];
      }),
  );
}

Deno.test("no argument makes another caller wait", async () => {
  await using world = await startWorld();
  await attack(world, async (bystander) => {
    const large = forms(MIB);
    const within = forms(WITHIN);
    let count = 0;
    const known = await firstIds(world.url);
    const sendArgument = async (name: string, key: string, value: unknown) => {
      bystander.now = `${name} ${key} ${JSON.stringify(value).slice(0, 80)}`;
      const args = { ...neededBy(name, known), [key]: value };
      await send(world.url, toolCall(1, name, args));
    };
    // Each kind of argument in every form, and every argument in one.
    const kinds = new Set<string>();
    const shapes = new Set<string>();
    const seeds = repeated(SEEDS);
    /** Two expensive texts in each part of a value. */
    function* inside(schema: Schema): Generator<unknown> {
      for (let i = 0; i < 2; i++) {
        yield* shaped(
          schema,
          (bytes) => fillArgument(seeds.next().value, bytes),
        );
      }
      yield* shaped(schema, () => "\ufdfa".repeat(300));
      yield* shaped(schema, () => Array(99).fill("x"));
    }
    for (const { name, input } of catalog) {
      for (
        const [key, { schema, required, isWrapped }] of Object.entries(input)
      ) {
        const kind = JSON.stringify([schema.type, required, isWrapped]);
        if (!kinds.has(kind)) {
          kinds.add(kind);
          for (const value of structures(MIB)) {
            await sendArgument(name, key, value);
          }
          for (const seed of SEEDS) {
            await sendArgument(name, key, fillArgument(seed));
          }
        }
        const { value } = (count++ % 3 === 0 ? large : within).next();
        await sendArgument(name, key, value);
        // And what is inside of it.
        if (shapes.has(JSON.stringify([key, schema]))) continue;
        shapes.add(JSON.stringify([key, schema]));
        for (const value of inside(schema)) {
          await sendArgument(name, key, value);
        }
      }
    }
    for (const seed of SEEDS) {
      const text = fill(seed, MIB);
      bystander.now = `a message of ${JSON.stringify(seed)}`;
      await send(world.url, toolCall(1, text));
      await send(world.url, toolCall(1, "get_deal", { [text]: 1 }));
      await send(world.url, request(text, "tools/list"));
      await send(world.url, request(1, text));
      await send(
        world.url,
        request(1, "tools/list", { _meta: { progressToken: text } }),
      );
      await send(world.url, request(1, "resources/read", { uri: text }));
      await send(
        world.url,
        request(1, "initialize", {
          protocolVersion: text,
          capabilities: {},
          clientInfo: { name: text.slice(0, 1000), version: "1" },
        }),
      );
    }
    for (const value of structures(MIB)) {
      bystander.now = `a structure ${JSON.stringify(value).slice(0, 40)}`;
      await send(world.url, request(1, "tools/call", value));
      await send(
        world.url,
        request(1, "tools/call", { name: "get_deal", arguments: value }),
      );
      await send(world.url, request(1, "tools/list", { _meta: value }));
      await send(world.url, { value } as object);
    }
  });
});

Deno.test("no value of a field makes another caller wait", async () => {
  await using world = await startWorld();
  const known = await firstIds(world.url);
  await attack(world, async (bystander) => {
    const run = async (tool: string, args: Record<string, unknown>) => {
      bystander.now = `${tool} ${JSON.stringify(args).slice(0, 160)}`;
      await send(world.url, toolCall(1, tool, args));
    };
    const resources = ["contact", "company", "deal", "ticket", "task"];
    const types = new Set<string>();
    const operators = repeated(["eq", "contains", "between", "in", "gt"]);
    for (const resource of resources) {
      const { text } = await callTool(world.url, `get_${resource}_template`);
      // Without its fence.
      const { fields } = JSON.parse(text.replace(/^<.*>\n|\n<.*>$/g, ""));
      const id = { [`${resource}_id`]: known[`${resource}_id`] };
      const plural = resource === "company" ? "companies" : `${resource}s`;
      for (const { key, custom, id: field, type } of fields) {
        const kind = `${type} ${custom === true}`;
        if (types.has(kind)) continue;
        types.add(kind);
        for (const seed of SEEDS) {
          const value = fillArgument(seed);
          const entry = { id: field, value };
          await run(`update_${resource}`, {
            ...id,
            ...(custom ? { additional_fields: [entry] } : { [key]: value }),
          });
          // Questions accept ids of custom fields instead of their names too.
          const name = custom ? String(field) : key;
          const { value: op } = operators.next();
          const given = op === "between" ? [value, value] : value;
          await run("query_records", {
            resource: plural,
            where: [{ field: name, op, value: given }],
          });
        }
        const many = Array.from({ length: 900 }, (_, i) => `wrong ${i}`);
        await run(`update_${resource}`, {
          ...id,
          ...(custom
            ? { additional_fields: many.map((value) => ({ id: field, value })) }
            : { [key]: many }),
        });
        await run("query_records", {
          resource: plural,
          where: many.map((value) => ({
            field: key,
            op: "in",
            value: [value],
          })),
        });
      }
    }
    assert(types.size > 15, `only ${types.size} types of fields`);
    for (const seed of SEEDS) {
      for (const key of ["group_by", "measures", "sort", "fields"]) {
        for (const prefix of ["", "sum:", "-", "name,"]) {
          await run("query_records", {
            resource: "deals",
            measures: "count",
            [key]: prefix + fillArgument(seed),
          });
        }
      }
    }
  });
});

/** Headers that are read, by us or by the SDK. */
const HEADERS = [
  "authorization",
  "accept",
  "content-type",
  "cookie",
  "forwarded",
  "last-event-id",
  "mcp-method",
  "mcp-name",
  "mcp-param-name",
  "mcp-protocol-version",
  "mcp-session-id",
  "origin",
  "traceparent",
  "tracestate",
  "baggage",
  "user-agent",
  "x-forwarded-for",
  "x-request-id",
];

Deno.test("no header makes another caller wait", async () => {
  await using world = await startWorld();
  await attack(world, async (bystander) => {
    const seeds = SEEDS.filter((seed) => /^[ -~]+$/.test(seed));
    for (const name of HEADERS) {
      for (const seed of seeds) {
        bystander.now = `${name} ${seed}`;
        // The runtime refuses longer ones.
        const value = fill(seed, 100_000);
        const prefix = name === "authorization" ? "Bearer " : "";
        await send(world.url, request(1, "tools/list"), {
          [name]: `${prefix}${value}`.trim() || "x",
        });
      }
    }
  });
});

/** The places of texts in an answer; the first record is a placeholder. */
function* placesIn(
  value: unknown,
  put: (text: unknown) => void,
  depth = 0,
): Generator<(text: unknown) => void> {
  if (typeof value !== "object" || value === null) return yield put;
  if (depth > 6) return;
  const isList = Array.isArray(value);
  for (const [key, inner] of Object.entries(value).slice(0, isList ? 1 : 60)) {
    const here = value as Record<string, unknown>;
    yield* placesIn(inner, (text) => here[key] = text, depth + 1);
  }
}

/** The id of the first record of each kind, by the argument that takes it. */
async function firstIds(url: string): Promise<Record<string, unknown>> {
  const ids: Record<string, unknown> = {};
  for (const { name } of catalog) {
    const [, kind] = /^list_(.*?)(?:ies|s)$/.exec(name) ?? [];
    if (kind === undefined) continue;
    const { text } = await callTool(url, name);
    const [, id] = /"id":"?(\d+)/.exec(text) ?? [];
    if (id === undefined) continue;
    ids[`${name.endsWith("ies") ? `${kind}y` : kind}_id`] = Number(id);
  }
  return ids;
}

/** What reads the fields of a company, which are kept then. */
const READS_FIELDS =
  /template|required|^(create|update)_(contact|deal|ticket)$/;

/** Plants expensive values into each place of the answers to some tools. */
async function attackByAnswers(
  isMeant: (name: string) => boolean,
  readsFields: boolean,
): Promise<void> {
  await using world = await startWorld();
  let number = 0;
  let value: unknown;
  let places = 0;
  const known = await firstIds(world.url);
  world.between = async (request, pass) => {
    const response = await pass(request);
    if (request.url.includes("/oauth")) return response;
    if (readsFields && request.url.includes("/products/")) {
      return Response.json({ meta: { status: 422 } }, { status: 422 });
    }
    const answer = await response.json();
    const all = [...placesIn(answer, () => {})];
    places = Math.max(places, all.length);
    all[number]?.(value);
    return Response.json(answer, { status: response.status });
  };
  await attack(world, async (bystander) => {
    const worst = forms(MIB);
    for (const { name, input } of catalog.filter(({ name }) => isMeant(name))) {
      const args = neededBy(name, known);
      if (input.fields) args.fields = "*";
      if (input.first_name) args.first_name = "x";
      places = 0;
      for (number = 0; number === 0 || number < places; number++) {
        if (readsFields) {
          // A refused write makes the server read all fields again.
          const { product_id } = known;
          const args = { product_id, name: "x" };
          await send(world.url, toolCall(1, "update_product", args));
        }
        value = worst.next().value;
        const what = JSON.stringify(value).slice(0, 20);
        bystander.now = `${name} place ${number} ${what}`;
        await send(world.url, toolCall(1, name, args));
      }
    }
  }, readsFields ? undefined : TOOL);
}

Deno.test("no answer of Qontak makes another caller wait", async () => {
  const reads = new Set(
    catalog.filter(({ effect }) => effect === "read").map(({ name }) => name),
  );
  await attackByAnswers(
    (name) => reads.has(name) && !READS_FIELDS.test(name),
    false,
  );
});

Deno.test("no fields of a company make another caller wait", async () => {
  await attackByAnswers((name) => READS_FIELDS.test(name), true);
});

Deno.test("no list in which Qontak repeats records makes another caller wait", async () => {
  await using world = await startWorld();
  const known = await firstIds(world.url);
  let isRepeated = true;
  world.between = async (request, pass) => {
    const response = await pass(request);
    const answer = await response.json();
    const { response: list } = answer;
    if (Array.isArray(list) && list.length > 0) {
      const count = Math.min(5_000, 3 * MIB / JSON.stringify(list[0]).length);
      answer.response = Array.from(
        { length: count },
        (_, i) => isRepeated ? list[0] : { ...list[0], id: 1_000_000 + i },
      );
      if ("total_data" in answer) answer.total_data = 3 * count;
    }
    return Response.json(answer, { status: response.status });
  };
  await attack(world, async (bystander) => {
    for (isRepeated of [true, false]) {
      for (const { name, effect } of catalog) {
        if (effect !== "read") continue;
        bystander.now = `${name} of ${isRepeated ? "repeated" : "new"} records`;
        const args = neededBy(name, known);
        if (name === "query_records") args.resource = "deals";
        if (name === "fetch") args.id = `deals/${known.deal_id}`;
        if (name === "get_account_overview") args.company = known.company_id;
        await send(world.url, toolCall(1, name, args));
      }
    }
  }, undefined);
});

Deno.test("no search of answers as large as are read makes another caller wait", async () => {
  await using world = await startWorld();
  world.between = async (request, pass) => {
    const response = await pass(request);
    const text = await response.text();
    const answer = JSON.parse(text);
    const { response: list } = answer;
    if (!("total_data" in answer) || list.length === 0) {
      return new Response(text, response);
    }
    const page = Number(new URL(request.url).searchParams.get("page"));
    const count = Math.min(
      3_000,
      Math.floor(9.5 * MIB / (JSON.stringify(list[0]).length + 20)),
    );
    answer.response = Array.from({ length: count }, (_, i) => {
      const id = 1_000_000 * page + i;
      return { ...list[0], id, name: `Name ${id}`, first_name: `Name ${id}` };
    });
    answer.total_data = 3 * count;
    return Response.json(answer, { status: response.status });
  };
  // A call without a request loads the code of the tool.
  await callTool(world.url, "search", { query: "-" });
  await attack(world, async (bystander) => {
    for (const query of ["name", "Sari"]) {
      bystander.now = `a search for ${query}`;
      const { text } = await callTool(world.url, "search", { query });
      assert(/"records_read":\d{4,5}/.test(text), text);
    }
  });
});

/** JSON of about a number of bytes that takes long to parse. */
function* dense(bytes: number): Generator<readonly [name: string, string]> {
  const list = (count: number, part: (i: number) => string) =>
    Array.from({ length: Math.floor(count) }, (_, i) => part(i)).join();
  const keys = (from: number, count: number, end = '"') =>
    `{${list(count, (i) => `"a${from + i}${end}:1`)}}`;
  const objects = (size: number, end?: string) =>
    `[${list(bytes / size, (i) => keys(10 * i, 10, end))}]`;
  yield ["an object of new keys", keys(0, bytes / 13)];
  yield ["objects of new keys", objects(120)];
  yield ["objects of new keys with spaces", objects(140, '" ')];
  yield ["objects of new keys with quotation marks", objects(160, '\\"x"')];
  yield ["objects of new keys with backslashes", objects(150, '\\\\"')];
  const some = () => Array.from({ length: 3 }, () => Math.random() * 200 | 0);
  yield [
    "objects whose keys have any order",
    `[${list(bytes / 27, () => `{${some().map((i) => `"k${i}":1`).join()}}`)}]`,
  ];
  yield [
    "records",
    `[${
      list(
        Math.min(2_990, bytes / 1_200),
        (id) => `{"id":${id},${list(50, (i) => `"key_${i}":"value ${id}"`)}}`,
      )
    }]`,
  ];
  yield ["short texts", `[${list(bytes / 11, (i) => `"a${i}"`)}]`];
  yield ["zeros", `[${list(bytes / 2, () => "0")}]`];
  yield ["small objects", `[${list(bytes / 20, (i) => `{"id":${i}}`)}]`];
  yield ["empty lists", `[${list(bytes / 3, () => "[]")}]`];
}

/** Answers that hold a value, with their status. */
function* answersWith(
  value: string,
): Generator<readonly [body: string, status: number]> {
  const field = `{"id":1,"name":"x","a":${value},"b":"${"}".repeat(30)}"}`;
  yield [`{"meta":{"status":200},"response":${value}}`, 200];
  yield [`{"response":[{"id":1,"additional_fields":${value}}]}`, 200];
  yield [`{"response":[{"additional_fields":[${field}]}]}`, 200];
  yield [`{"meta":${value},"response":[{"additional_fields":[]}]}`, 200];
  yield [`{"meta":{"status":422,"message":${value}}}`, 422];
  // It is not JSON.
  yield [`{"response":[${value}`, 200];
}

Deno.test("no answer as large as is read makes another caller wait", async () => {
  await using world = await startWorld();
  const known = await firstIds(world.url);
  const calls = [
    ["list_deals", { fields: "*" }],
    ["get_deal", {}],
    ["search", {}],
  ] as const;
  let body = "";
  let status = 200;
  world.between = (request, pass) =>
    /\/(?:oauth|info)/.test(request.url)
      ? pass(request)
      : Promise.resolve(new Response(body, { status }));
  await attack(world, async (bystander) => {
    for (const bytes of [MIB, 9 * MIB]) {
      for (const [name, value] of dense(bytes)) {
        for ([body, status] of answersWith(value)) {
          for (const [tool, more] of calls) {
            bystander.now = `${tool} ${JSON.stringify(more)}, ${bytes} bytes ${
              body.slice(0, 60)
            } (${name})`;
            const args = { ...neededBy(tool, known), ...more };
            await send(world.url, toolCall(1, tool, args));
          }
        }
      }
    }
  });
});

Deno.test("no record that differs in long lists makes another caller wait", async () => {
  await using world = await startWorld();
  const { deal_id, contact_id } = await firstIds(world.url);
  const list = (count: number, part: (i: number) => unknown) =>
    Array.from({ length: count }, (_, i) => part(i));
  const ids = list(100_000, (i) => 1_000_000 + i);
  /** A key, what it holds when it is read first, and when it is read again. */
  const cases: readonly (readonly [string, unknown, unknown])[] = [
    ["crm_lead_ids", ids, ids.map((id) => Number(id) + 1_000_000)],
    ["crm_lead_ids", ids, ids.toReversed()],
    ["other_ids", ids.toReversed(), ids],
    [
      "others",
      list(60_000, () => ({ a: "2026-02-01", b: "2026-02-01" })),
      list(60_000, () => ({ a: "01/02/2026", b: "01/02/2026" })),
    ],
    [
      "days",
      list(100_000, () => "1374339600"),
      list(100_000, () => "21 Jul, 2013"),
    ],
    ["amounts", list(100_000, () => "1.0"), list(100_000, () => "1.00")],
    [
      "deep",
      list(300, () => list(300, () => "1.0")),
      list(300, () => list(300, () => "1.00")),
    ],
    ["crm_lead_ids", list(20_000, (i) => `a${i}`), ids],
    [
      "crm_lead_ids",
      list(20_000, (i) => `a${i}`),
      list(20_000, (i) => `b${i}`),
    ],
    [
      "crm_lead_ids",
      list(3_000, (i) => ({ id: i, name: `a ${i}` })),
      list(3_000, (i) => ({ id: i, name: `b ${i}` })),
    ],
  ];
  let reads = 0;
  let [key, before, after] = cases[0]!;
  world.between = async (request, pass) => {
    const response = await pass(request);
    if (request.method !== "GET" || !/\/deals\/\d+$/.test(request.url)) {
      return response;
    }
    const answer = await response.json();
    answer.response[key] = reads++ % 2 === 0 ? before : after;
    return Response.json(answer, { status: response.status });
  };
  await attack(world, async (bystander) => {
    for ([key, before, after] of cases) {
      for (
        const given of [
          { name: `A ${key}` },
          { crm_lead_ids: [contact_id] },
          { crm_lead_ids: [contact_id], dry_run: true },
        ]
      ) {
        reads = 0;
        bystander.now = `${key} ${JSON.stringify(before).slice(0, 40)} ${
          JSON.stringify(given)
        }`;
        const args = { deal_id, ...given };
        const { text } = await callTool(world.url, "update_deal", args);
        assert(reads > 0, text);
      }
    }
  });
});

Deno.test("no refusal of Qontak makes another caller wait", async () => {
  await using world = await startWorld();
  await callTool(world.url, TOOL);
  let value: unknown;
  world.between = (request, pass) =>
    request.url.includes("/oauth") ? pass(request) : Response.json({
      meta: { status: 422, message: value, developer_message: value },
      error: value,
    }, { status: 422 });
  await attack(world, async (bystander) => {
    for (const bytes of [MIB, 4 * MIB]) {
      for (const seed of SEEDS) {
        value = fill(seed, bytes);
        bystander.now = `a refusal of ${bytes} bytes, ${seed}`;
        await send(world.url, toolCall(1, "list_deals"));
      }
    }
    for (value of structures(MIB)) {
      bystander.now = `a refusal of ${JSON.stringify(value).slice(0, 40)}`;
      await send(world.url, toolCall(1, "list_deals"));
    }
  });
});
