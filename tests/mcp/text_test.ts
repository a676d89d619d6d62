/** Bytes and escapes that are not text are refused, not stored as "\uFFFD". */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createServer } from "../../mod.ts";
import { cut } from "../../src/values/marks.ts";
import { callTool } from "../support/call.ts";
import { run } from "../support/process.ts";
import {
  HANDSHAKE,
  HEADERS,
  parseLines,
  toolCall,
  toStdin,
} from "../support/rpc.ts";
import { serve, serveMcp } from "../support/serve.ts";
import { startVault } from "../support/vault.ts";
import { createWorld, writes } from "../support/world.ts";

/** A text in Latin-1, where é is one byte. */
function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const note = (id: number | string, text: string) =>
  toolCall(id, "create_task_category", { name: text });

Deno.test("stdio refuses a line that is not UTF-8, and continues", async () => {
  const { code, stdout, stderr } = await run(["--sandbox"], {
    stdin: latin1(toStdin(
      ...HANDSHAKE,
      note("latin", "Café"),
      "é",
      note("good", "Cafe"),
    )),
  });
  assertEquals(code, 0, stderr);
  const answers = parseLines(stdout);
  const broken = answers.filter(({ error }) => error);
  assertEquals(
    broken.map(({ id, error }) => [id, error.code]),
    [["latin", -32700], [null, -32700]],
  );
  for (const { error } of broken) {
    assertStringIncludes(error.message, "not UTF-8");
  }
  const good = answers.find(({ id }) => id === "good");
  assertEquals(good.result.structuredContent.record.name, "Cafe");
  // No other note was written.
  const writes = parseLines(stderr).filter(({ tool }) =>
    tool === "create_task_category"
  );
  assertEquals(new Set(writes.map(({ request }) => request)).size, 1);
});

Deno.test("stdio reads characters that arrive in pieces", async () => {
  const { stdout } = await run(["--sandbox"], {
    stdin: toStdin(...HANDSHAKE, note("one", "Kopi ☕ 😀".repeat(9_000))) +
      "\r\n \n" + toStdin(note("two", "☕")).trimEnd(),
  });
  // Calls run at the same time, in no fixed order.
  const two = parseLines(stdout).find(({ id }) => id === "two");
  assertEquals(two.result.structuredContent.record.name, "☕");
});

Deno.test("HTTP refuses a body that is not UTF-8", async () => {
  await using world = await createWorld();
  const response = await fetch(`${world.url}/mcp`, {
    method: "POST",
    headers: HEADERS,
    body: latin1(JSON.stringify(note(1, "Café"))),
  });
  assertEquals(response.status, 400);
  const { id, error } = await response.json();
  assertEquals([id, error.code], [null, -32700]);
  assertStringIncludes(error.message, "not UTF-8");
  assertEquals(writes(world), []);
});

Deno.test("a write refuses half of a character", async () => {
  await using world = await createWorld();
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  for (const half of ["a\ud83d", "\ude00b", "⟨U+D83D⟩"]) {
    const text = await world.refused("create_note", {
      note: half,
      crm_deal_id: deal_id,
    });
    assertStringIncludes(text, "note holds half of a character");
    assert(text.isWellFormed());
  }
  assertEquals(writes(world), []);
  const whole = await world.ok("create_note", {
    note: "baik 😀",
    crm_deal_id: deal_id,
  });
  assertEquals(whole.record.note, "baik 😀");
});

Deno.test("the replacement character is a text like any other", async () => {
  await using world = await createWorld();
  const { records: [{ id: deal_id }] } = await world.ok("list_deals");
  const name = "Kopi \uFFFD ☕";
  const { record } = await world.ok("update_deal", { deal_id, name });
  assertEquals(record.name, name);
  const read = await world.ok("get_deal", { deal_id });
  assertEquals(read.record.name, name);
});

Deno.test("an answer of Qontak that is not UTF-8 is not read", async () => {
  await using world = await createWorld();
  let status = 200;
  await using qontak = serve(async (request) => {
    const response = await world.sandbox.fetch(request);
    if (new URL(request.url).pathname.startsWith("/oauth")) return response;
    const text = await response.text();
    return new Response(latin1(`${text.slice(0, -1)},"x":"Café"}`), { status });
  });
  const server = createServer({
    baseUrl: qontak.url,
    refreshToken: world.sandbox.refreshToken,
    retryBudget: 0,
  });
  await using served = serveMcp(server);
  const read = await callTool(served.url, "list_pipelines");
  assertStringIncludes(read.text, "not UTF-8");
  // The status still counts.
  status = 502;
  const failed = await callTool(served.url, "list_pipelines");
  assertStringIncludes(failed.text, "502 with bytes that are not UTF-8");
});

Deno.test("a .env file that is not UTF-8 is refused, and so is such piped input", async () => {
  const cwd = await Deno.makeTempDir();
  const text = "QONTAK_READ_ONLY=true\n";
  const utf16 = new Uint8Array(
    new Uint16Array(
      Array.from(`\uFEFF${text}`, (character) => character.charCodeAt(0)),
    ).buffer,
  );
  try {
    const table: [Uint8Array, string][] = [
      [utf16, "is UTF-16, as PowerShell's > and Notepad's Unicode write it"],
      [latin1(`# Café\n${text}`), "is not UTF-8"],
    ];
    for (const [bytes, problem] of table) {
      await Deno.writeFile(`${cwd}/.env`, bytes);
      const { code, stderr } = await run(["--sandbox"], { cwd });
      assertEquals(code, 2);
      assertStringIncludes(
        stderr,
        `.env in the working directory ${problem}`,
      );
    }
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
  await using vault = startVault();
  const { code, stderr } = await run(["tenants", "add"], {
    stdin: latin1("tokén\n"),
    env: {
      TOKEN_STORE: "vault",
      VAULT_ADDR: vault.url,
      VAULT_TOKEN: vault.createToken(),
    },
  });
  assertEquals(code, 2, stderr);
  assertStringIncludes(stderr, "not UTF-8");
});

Deno.test("cut() leaves no half of a character", () => {
  const text = cut("ab😀cd", 3, "more");
  assert(text.isWellFormed());
  assertStringIncludes(text, "ab… (cut: 2 of 6 characters");
});
