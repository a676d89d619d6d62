import { assert, assertEquals } from "@std/assert";
import { createLog } from "../../src/logging/log.ts";
import {
  redact,
  redactBeginning,
  redactSecrets,
} from "../../src/logging/redact.ts";
import { createRandom } from "../../src/sandbox/random.ts";
import { anyText } from "../support/random.ts";

/** Texts, and the result of redaction. */
const secrets: readonly [string, string][] = [
  ["Authorization: Bearer abc def", "Authorization: [secret]"],
  ['{"authorization":"Bearer abc"}', '{"authorization":"[secret]"}'],
  [
    'authorization: hmac username="a", signature="bb"',
    "authorization: [secret]",
  ],
  ["with Bearer canary-token, and so on", "with Bearer [token], and so on"],
  ["eyJhbGciOi.eyJzdWIi.c2lnLXg", "[token]"],
  ['{"access_token":"abc","x":1}', '{"access_token":"[secret]","x":1}'],
  [
    String.raw`{\"refresh_token\":\"a b\",\"x\":1}`,
    String.raw`{\"refresh_token\":\"[secret]\",\"x\":1}`,
  ],
  [
    String.raw`{"password": "a\"b", "x": 1}`,
    String.raw`{"password": "[secret]", "x": 1}`,
  ],
  ["{ clientSecret: 'a b', size: 8 }", "{ clientSecret: '[secret]', size: 8 }"],
  [
    "client_secret=abc&grant_type=x",
    "client_secret=[secret]&grant_type=[value]",
  ],
  ["refresh_token=abc", "refresh_token=[secret]"],
  ["X-Vault-Token: hvs.short", "X-Vault-Token: [secret]"],
  ["password: swordfish", "password: [secret]"],
  ["VAULT_SECRET_ID=abc", "VAULT_SECRET_ID=[secret]"],
  ["Cookie: a=b; c=d\nnext", "Cookie: [secret]\nnext"],
  ["qmcp_ab12_verySecret", "qmcp_ab12_[secret]"],
  ["qsia_512301_abcd_verySecret", "qsia_512301_abcd_[secret]"],
  [
    "redis://user:pa@ss@127.0.0.1:6379/0",
    "redis://[credentials]@127.0.0.1:6379/0",
  ],
  ["redis://:pass@host", "redis://[credentials]@host"],
  [
    "GET /deals?name=Budi&page=2 failed",
    "GET /deals?name=[value]&page=[value] failed",
  ],
  ["key 8f14e45fceea167a5a36dedd4bea2543", "key [token]"],
  ["hvs.CAESIJ8k2Lm9Qx7Rt5Vw3Yz1", "hvs.[token]"],
  ["3f2504e0-4f89-41d3-9a0c-0305e82c3301", "[token]"],
  ["q83vEjRWeJq8/t7wEjRWeJq83vASNFZ4mrze8A==", "[token]"],
  ["-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----!", "[key]!"],
  // Its beginning names a plan, and does not open it.
  ["plan-Ab1-_xYz0123456789AbCdEf", "plan-Ab1-…"],
  ["x20261126T221143106Z-0c1e2b8f7d4a1", "[token]"],
];

const people: readonly [string, string][] = [
  ["+62 812-3456-7890", "[phone]"],
  ["+6281234567890", "[phone]"],
  ["call 081234567890 now", "call [phone] now"],
  ["0812 3456 7890", "[phone]"],
  ["0812.3456.7890", "[phone]"],
  ["62812 3456 7890", "[phone]"],
  ["6281234567890", "[phone]"],
  ["81234567890", "[phone]"],
  ['{"telephone":6281234567890}', '{"telephone":[phone]}'],
  ["(021) 555-1234", "[phone]"],
  ["021 5551234", "[phone]"],
  ["0215551234", "[phone]"],
  ["+1 (555) 123-4567", "[phone]"],
  ["+44 20 7946 0958", "[phone]"],
  ["0062 812 3456 7890", "[phone]"],
  ["512301 081234567890", "512301 [phone]"],
  ["siti.rahma+crm@mail.example.co.id", "[e-mail]"],
  ["<siti@example.com>", "<[e-mail]>"],
  ["siti%40example.com", "[e-mail]"],
  ["628123456789@c.us", "[e-mail]"],
];

/** Text that is not personal, and that readers of the log need. */
const harmless: readonly string[] = [
  "512301",
  "deals 512301, 512302 and 987654321",
  "Rp 15.000.000",
  "Rp 62.812.345.678",
  "8,500,000.00",
  "2026-11-25T10:00:00+07:00",
  "2026-11-25T08:12:34.081234567Z",
  "0001-01-01T00:00:00Z",
  "08-12-2026 10:00",
  "25/11/2026 08:30",
  "1764000000000",
  "0.8123456789",
  "-6.2088, 106.8456",
  "62.8123456789",
  "v2.4.0, deno 2.9.6",
  "62.88.234.123",
  "http://127.0.0.1:8000/mcp",
  "get_required_fields_for_contact",
  "at call (file:///srv/qontak/src/mcp/result.ts:12:3)",
  "npm:@modelcontextprotocol/server@2.4.0/dist/index.mjs:10:5",
  "send Authorization: Bearer <key> with a key that its operator gave out",
  "a token: it is asked for, or read from stdin",
  "Set TOKEN_ENCRYPTION_KEY, or TOKEN_STORE=kv",
  "qontak:tokens:acme",
  "c08123456789 and 08123456789e are parts of hashes",
  // The ids of changes and runs open nothing.
  "undo 20261126T221143106Z-0c1e2b8f7d4a, run run-20261126T221143106Z-00a1b2c3d4e5.",
  "20261126T081143106Z-001812345678 20261126T021143106Z-081234567890",
];

for (const [text, left] of [...secrets, ...people]) {
  Deno.test(`redact() removes the secret or personal data from ${text}`, () => {
    assertEquals(redact(text), left);
  });
}

Deno.test("redact() keeps ids, amounts, times, versions, addresses and places in code", () => {
  for (const text of harmless) assertEquals(redact(text), text);
});

Deno.test("redactSecrets() keeps phone numbers and e-mail addresses", () => {
  for (const [text, left] of secrets) assertEquals(redactSecrets(text), left);
  for (const [text] of people) assertEquals(redactSecrets(text), text);
});

Deno.test("redact() finds canaries in any text, and changes nothing the second time", () => {
  const random = createRandom(20261125);
  const canaries = [
    "+62 812-3456-7890",
    "siti@example.co.id",
    "8f14e45fceea167a5a36dedd4bea2543",
    '"refresh_token":"canary"',
  ];
  for (let i = 0; i < 3_000; i++) {
    const canary = random.pick(canaries);
    const text = `${anyText(random)}\n${canary} ${anyText(random)}`;
    const left = redact(text);
    assert(!left.includes(canary), text);
    assertEquals(redact(left), left);
  }
});

/** What patterns begin or end with, also in letters that only look the same. */
const pieces = [
  ..."password token secret authorization cookie bearer BEARER bearer+ plan-ab"
    .split(" "),
  ..."qmcp_ab_ qsia_a_b_ eyJ EYJ :// user@ %40 example.com ? & = : + ( - . / _"
    .split(" "),
  ..."＠ ： ＝ ſ \u212a ٠٨١٢٣٤٥ ０８１２ abcdefABCDEFghijklMNOP 0812 62 é \\"
    .split(" "),
  "-----BEGIN RSA PRIVATE KEY-----",
  "-----begin rsa private key-----",
  "api key",
  " ",
  "\n",
  "'",
  '"',
];

Deno.test("redact() leaves no text to its quick check that a pattern matches", () => {
  const random = createRandom(20261127);
  // With this, no quick check lets a text pass; no pattern takes it for a value.
  const end = "\n\n\n\n\n\n@";
  let passed = 0;
  for (let i = 0; i < 20_000; i++) {
    const text = Array.from(
      { length: random.int(1, 8) },
      () => random.pick(pieces),
    ).join("");
    for (const one of [redact, redactSecrets]) {
      if (one(text) !== text) continue;
      passed++;
      assertEquals(one(`${text}${end}`), `${text}${end}`);
    }
  }
  assert(passed > 10_000, String(passed));
});

/** Repeated, each of these makes a careless expression backtrack. */
const hostile = [
  ..."a0A1(+-.@/?&=%'\"\\ \n",
  ..."a@ eyJ +6 08 62_8 token= token: token:'x\\ \\\" (0 :// ://a ?a= &a 1.000."
    .split(" "),
  '"token":"',
  'token\\"',
  "-----BEGIN PRIVATE KEY-----",
  "qmcp_a_",
  "bearer ",
  "x@a.",
  "+1 ",
  "authorization:",
  "%40",
  "0812-",
];

/** Its time: the shorter one of two runs. */
function timeOf(text: string): number {
  return Math.min(...[1, 2].map(() => {
    const start = performance.now();
    redact(text);
    return performance.now() - start;
  }));
}

Deno.test("redact() takes time in proportion to the text, with any content", () => {
  for (const part of hostile) {
    const make = (size: number) => part.repeat(Math.ceil(size / part.length));
    for (const head of ["", '"token":"']) {
      // With quadratic time, this alone would take seconds, and what follows
      // hours.
      const little = timeOf(head + make(40_000));
      assert(little < 400, `${head}${part} repeated: ${little} ms`);
      // With quadratic time, it would be 16 times as much each time; a busy
      // machine stops one of them at times.
      let times: [number, number];
      for (let tries = 0;; tries++) {
        times = [250_000, 1_000_000].map((size) =>
          timeOf(head + make(size))
        ) as [number, number];
        if (tries === 4 || times[1] < 12 * times[0] + 250) break;
      }
      const [one, four] = times;
      assert(
        four < 12 * one + 250,
        `${head}${part} repeated: ${one} ms, then ${four} ms`,
      );
    }
  }
});

Deno.test("a log writes no secrets or personal data, and keeps the ids and hashes of the audit", () => {
  const lines: string[] = [];
  const log = createLog("debug", (line) => lines.push(line));
  log("info", "From siti@example.com", {
    reason: "Bearer canary-token",
    ms: 1764000000000,
    ok: true,
    id: "20261125T100000000Z-0000a1b2c3d4",
    sent: { name: "hmac:8f14e45fceea167a", note: ["siti@example.com"] },
  });
  const { time: _, ...line } = JSON.parse(lines[0]!);
  assertEquals(line, {
    level: "info",
    message: "From [e-mail]",
    reason: "Bearer [token]",
    ms: 1764000000000,
    ok: true,
    id: "20261125T100000000Z-0000a1b2c3d4",
    sent: { name: "hmac:8f14e45fceea167a", note: ["[e-mail]"] },
  });
});

Deno.test("redactBeginning() reads no more than it needs, and shows no half of a secret", () => {
  assertEquals(redactBeginning("short", 10), "short");
  assertEquals(redactBeginning("longer than ten", 10), "longer tha…");
  const secret = "token=" + "a1B2".repeat(10);
  assertEquals(
    redactBeginning(`${secret} ${"y".repeat(99)}`, 20),
    "token=[secret] …",
  );
  // The end of the read part would cut the secret.
  const cut = redactBeginning(`${"x ".repeat(15)}${secret} z`, 10);
  assertEquals(cut, "x x x x x …");
  assertEquals(redactBeginning(`${"a".repeat(39)}1B2c3D4`, 10), "…");
  const start = performance.now();
  redactBeginning("://@".repeat(9_000_000 / 4), 1_000);
  const took = performance.now() - start;
  // It used to take more than a second.
  assert(took < 500, `${took} ms`);
});
