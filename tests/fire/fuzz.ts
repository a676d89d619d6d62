/**
 * Generators for the fuzz tests: arguments that are nearly valid, answers that
 * are nearly Qontak's, and lines that are nearly messages.
 *
 * @module
 */
import * as fc from "fast-check";
import type { ListedTool } from "../../mod.ts";
import { toStderr } from "../../src/logging/log.ts";
import { isObject } from "../../src/values/json.ts";

/**
 * FUZZ_FACTOR multiplies the number of cases of a short run; FUZZ_SEED sets the
 * seed.
 */
const factor = Number(Deno.env.get("FUZZ_FACTOR") ?? 1);
const seed = Number(Deno.env.get("FUZZ_SEED") ?? 20_261_125);

/**
 * The settings of a property with the number of cases in a short run; prints
 * them.
 */
export function runs(short: number): fc.Parameters<unknown> {
  const numRuns = Math.ceil(short * factor);
  toStderr(`${numRuns} tries from seed ${seed}`);
  return { numRuns, seed, endOnFailure: true };
}

const words = [
  "",
  " ",
  "null",
  "true",
  "1e999",
  "-1",
  "../../users/1",
  "__proto__",
  "constructor",
  "toString",
  "*",
  "id,name",
  '["id"]',
  '{"id":1}',
  "[",
  "2026-11-30",
  "30/11/2026",
  "2026-13-45T99:99",
  "0812-3456-7890",
  "sari@example.co.id",
  "Bagas Pratama",
  "Tender Pengadaan",
  "Layanan Pelanggan",
  "Baru",
  "IDR",
  "Rp 10.000,50",
  "a\u0000b",
  "\u202Eabc\u2066",
  "\uD800",
  "👩‍👩‍👧",
  "x".repeat(5_000),
  "<script>alert(1)</script>",
  "%00%2f..%2f",
];

const anyText = fc.oneof(
  fc.constantFrom(...words),
  fc.string({ unit: "binary", maxLength: 20 }),
);

/** Ids of the built-in CRM, and others. */
const anyId = fc.oneof(
  fc.constantFrom(48307353, 512301, 131907, 1204538, 7118402),
  fc.integer(),
  fc.constantFrom(0, -1, 1.5, 2 ** 53, NaN, Infinity),
);

/** A value that a schema may or may not allow. */
function fitting(schema: Record<string, unknown>): fc.Arbitrary<unknown> {
  const { type } = schema;
  const kinds = Array.isArray(type) ? type : [type];
  const plain: Record<string, fc.Arbitrary<unknown>> = {
    integer: fc.oneof(anyId, anyId.map(String)),
    number: fc.oneof(fc.double(), anyId, anyText),
    string: fc.oneof(anyText, anyId),
    boolean: fc.constantFrom(true, false, "true", "yes", 1),
    null: fc.constant(null),
    array: fc.array(
      fc.oneof(anyId, anyText, customField, fc.jsonValue({ maxDepth: 2 })),
      { maxLength: 5 },
    ),
    object: fc.jsonValue({ maxDepth: 2 }),
  };
  return fc.oneof(
    ...kinds.map((kind) => plain[String(kind)] ?? fc.jsonValue()),
  );
}

const customField: fc.Arbitrary<unknown> = fc.record({
  id: anyId,
  name: anyText,
  value: fc.oneof(anyText, anyId, fc.jsonValue({ maxDepth: 2 })),
}, { requiredKeys: [] });

/** A call of a tool. */
export interface AnyCall {
  readonly name: string;
  readonly args: Record<string, unknown>;
}

/** Calls of all tools, with arguments that are nearly valid. */
export function anyCall(tools: readonly ListedTool[]): fc.Arbitrary<AnyCall> {
  return fc.oneof(...tools.map((tool) => {
    const properties = tool.inputSchema.properties as Record<
      string,
      Record<string, unknown>
    >;
    const one = (schema: Record<string, unknown>) =>
      fc.oneof(
        { weight: 8, arbitrary: fitting(schema) },
        // Some clients send lists and objects as text.
        {
          weight: 1,
          arbitrary: fitting(schema).map((value) => JSON.stringify(value)),
        },
        { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
      );
    const known = fc.record(
      Object.fromEntries(
        Object.entries(properties).map(([key, schema]) => [key, one(schema)]),
      ),
      { requiredKeys: (tool.inputSchema.required as string[]) ?? [] },
    );
    const strange = fc.dictionary(anyText, fc.jsonValue({ maxDepth: 2 }), {
      maxKeys: 2,
    });
    return fc.tuple(
      fc.oneof({ weight: 9, arbitrary: known }, {
        weight: 1,
        arbitrary: fc.tuple(known, strange).map(([a, b]) => ({ ...a, ...b })),
      }),
      fc.boolean(),
    ).map(([args, skips]) => ({
      name: tool.name,
      args: skips && Object.hasOwn(properties, "skip_validation")
        ? { ...args, skip_validation: true }
        : args,
    }));
  }));
}

/** How an answer of Qontak is damaged. */
export interface Spoiling {
  readonly how: "keep" | "put" | "drop" | "cut" | "text" | "status";
  /** Steps into the body; each step chooses one of the keys. */
  readonly path: readonly number[];
  readonly junk: unknown;
  readonly status: number;
  readonly text: string;
  readonly headers: Record<string, string>;
}

/** Ways to damage an answer. */
export const anySpoiling: fc.Arbitrary<Spoiling> = fc.record({
  how: fc.constantFrom(
    "keep",
    "put",
    "put",
    "put",
    "drop",
    "drop",
    "cut",
    "text",
    "status",
  ),
  path: fc.array(fc.nat(60), { minLength: 1, maxLength: 5 }),
  junk: fc.oneof(fc.jsonValue({ maxDepth: 3 }), anyText, anyId),
  status: fc.constantFrom(
    200,
    200,
    200,
    201,
    204,
    205,
    299,
    400,
    401,
    403,
    404,
    409,
    418,
    422,
    429,
    451,
    500,
    501,
    502,
    503,
    504,
    599,
  ),
  text: anyText,
  headers: fc.record({
    "retry-after": fc.constantFrom(
      "0",
      "1",
      "-1",
      "x",
      "Wed, 25 Nov 2026 00:00:00 GMT",
      "9999999999999",
    ),
    "content-type": fc.constantFrom("text/html", "application/json", "x", ""),
    date: fc.constantFrom("x", "Wed, 25 Nov 2026 00:00:00 GMT"),
    link: fc.constant("<x>"),
  }, { requiredKeys: [] }),
}) as fc.Arbitrary<Spoiling>;

/** Damages an answer. */
export async function spoil(
  response: Response,
  spoiling: Spoiling,
): Promise<Response> {
  const { how, path, junk, status, headers } = spoiling;
  const text = await response.text();
  if (how === "keep") return new Response(text, { status: response.status });
  const isEmpty = [204, 205].includes(status);
  const answer = (body: string) =>
    new Response(isEmpty ? null : body, { status, headers });
  if (how === "text") return answer(spoiling.text);
  if (how === "status") return answer(text);
  if (how === "cut") return answer(text.slice(0, path[0]! * 7));
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return answer(text);
  }
  const root: { body: unknown } = { body };
  let holder: Record<string, unknown> = root;
  let key = "body";
  for (const step of path) {
    const inside = holder[key];
    if (!(isObject(inside) || Array.isArray(inside))) break;
    const keys = Object.keys(inside);
    if (keys.length === 0) break;
    holder = inside as Record<string, unknown>;
    key = keys[step % keys.length]!;
  }
  if (how === "put") holder[key] = junk;
  else delete holder[key];
  return new Response(JSON.stringify(root.body) ?? "", {
    status: response.status,
    headers,
  });
}

/** Lines for stdin that are nearly messages; none has a line break. */
export const anyLine: fc.Arbitrary<string> = fc.oneof(
  fc.json(),
  anyText,
  fc.record({
    jsonrpc: fc.constantFrom("2.0", "2.0", "2.0", "1.0", 2),
    id: fc.oneof(fc.integer(), anyText, fc.jsonValue({ maxDepth: 1 })),
    method: fc.oneof(
      fc.constantFrom(
        "tools/list",
        "tools/call",
        "ping",
        "initialize",
        "server/discover",
        "resources/read",
        "prompts/get",
        "notifications/cancelled",
        "notifications/initialized",
        "completion/complete",
        "logging/setLevel",
        "subscriptions/listen",
      ),
      anyText,
    ),
    params: fc.oneof(
      fc.record({
        name: fc.constantFrom("list_pipelines", "get_deal", "x"),
        arguments: fc.jsonValue({ maxDepth: 2 }),
        uri: anyText,
        requestId: fc.integer(),
        _meta: fc.jsonValue({ maxDepth: 2 }),
      }, { requiredKeys: [] }),
      fc.jsonValue({ maxDepth: 3 }),
    ),
    result: fc.jsonValue({ maxDepth: 1 }),
    error: fc.jsonValue({ maxDepth: 1 }),
  }, { requiredKeys: ["jsonrpc"] }).map((value) => JSON.stringify(value)),
).map((line) => line.replace(/[\r\n]/g, " "));
