/**
 * At least 200,000 generated arguments, answers of Qontak and lines on stdin in
 * one run, from a fixed seed. Each one is answered: no crash, no internal
 * error, no unhandled rejection.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { InputError } from "../../src/errors.ts";
import { createServer, type ListedTool } from "../../mod.ts";
import type { LogDetails } from "../../src/logging/log.ts";
import { noLimits } from "../../src/limits/limits.ts";
import { createSandbox, type Sandbox } from "../../src/sandbox/mod.ts";
import { parseArguments } from "../../src/tools/kit/parse_arguments.ts";
import { catalog } from "../../src/tools/catalog.ts";
import { listed } from "../../src/tools/outline.ts";
import { callTool } from "../support/call.ts";
import { run } from "../support/process.ts";
import {
  type AnyCall,
  anyCall,
  anyLine,
  anySpoiling,
  runs,
  spoil,
  type Spoiling,
} from "./fuzz.ts";
import { NO_RATE } from "../support/world.ts";
import { sleep } from "../support/time.ts";
import { parseLines, toolCall, toStdin } from "../support/rpc.ts";

const tools: readonly ListedTool[] = catalog.map(listed);

/** Fails if a rejection is not handled. */
async function listening(run: () => Promise<void>): Promise<void> {
  const lost: unknown[] = [];
  const hear = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    lost.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", hear);
  try {
    await run();
    await sleep(50);
  } finally {
    globalThis.removeEventListener("unhandledrejection", hear);
  }
  assertEquals(lost, []);
}

/** A server on a CRM in memory, without a network. */
function open(change: (answer: Response) => Response | Promise<Response>) {
  const sandbox: Sandbox = createSandbox({ rotateRefreshTokens: false });
  const faults: (LogDetails | undefined)[] = [];
  const server = createServer({
    refreshToken: sandbox.refreshToken,
    tokenCache: "memory",
    timeout: 20_000,
    retryBudget: 0,
    // No request waits for a turn here, however badly Qontak answers.
    limits: noLimits,
    confirm: "off",
    callRate: NO_RATE,
    log(level, _message, details) {
      if (level === "error") faults.push(details);
    },
    async fetch(input, init) {
      const request = new Request(input as string | URL, init);
      const isGrant = request.url.endsWith("/oauth/token");
      const answer = await sandbox.fetch(request);
      return isGrant ? answer : await change(answer);
    },
  });
  return {
    faults,
    close: () => server.close(),
    async call({ name, args }: AnyCall): Promise<string> {
      const called = await callTool(
        "http://127.0.0.1/mcp",
        name,
        args,
        {},
        null,
        (input, init) => server.fetch(new Request(input as string, init)),
      );
      return called.text;
    },
  };
}

type Place = ReturnType<typeof open>;

/**
 * Uses one server for a number of cases, because its caches hide later faults.
 */
function renewed(tries: number, make: () => Place) {
  let place: Place | undefined;
  let used = 0;
  return {
    async get(): Promise<Place> {
      if (used++ % tries === 0) {
        await place?.close();
        place = make();
      }
      return place!;
    },
    close: async () => await place?.close(),
  };
}

function assertAnswered(place: Place, text: string, what: unknown): void {
  assert(typeof text === "string" && text.length > 0, `no text for ${what}`);
  assert(!text.includes("failed inside the server"), text);
  assertEquals(place.faults, []);
}

Deno.test("parseArguments() takes or refuses any value", () => {
  const byName = new Map(catalog.map((tool) => [tool.name, tool]));
  fc.assert(
    fc.property(anyCall(tools), ({ name, args }) => {
      const { error } = parseArguments(byName.get(name)!, args);
      assert(error === undefined || error instanceof InputError);
    }),
    runs(120_000),
  );
});

Deno.test("a call is answered, whatever its arguments are", async () => {
  const places = renewed(2_000, () => open((answer) => answer));
  await listening(() =>
    fc.assert(
      fc.asyncProperty(anyCall(tools), async (call) => {
        const place = await places.get();
        assertAnswered(place, await place.call(call), call.name);
      }),
      runs(40_000),
    )
  );
  await places.close();
});

/** Calls that reach Qontak, of every tool that can be called without a write. */
const good: readonly AnyCall[] = [
  { name: "list_contacts", args: {} },
  { name: "list_deals", args: { crm_pipeline_id: "Tender Pengadaan" } },
  { name: "list_tasks", args: { fields: "*" } },
  { name: "list_products", args: {} },
  { name: "list_geolocations", args: {} },
  { name: "list_products_associations", args: {} },
  { name: "get_deal", args: { deal_id: 48307353 } },
  { name: "get_deal", args: { deal_id: 48307353, fields: "*" } },
  { name: "get_deal_timeline", args: { deal_id: 48307353 } },
  { name: "get_deal_stage_history", args: { deal_id: 48307353 } },
  { name: "get_deal_chat_history", args: { deal_id: 48307353 } },
  { name: "get_deal_full_field", args: { deal_id: 48307353 } },
  { name: "get_deal_permissions", args: { deal_id: 48307353 } },
  { name: "get_deal_real_creator", args: { deal_id: 48307353 } },
  { name: "get_deal_template", args: {} },
  { name: "get_contact_template", args: {} },
  { name: "get_ticket_template", args: {} },
  { name: "get_task_template", args: {} },
  { name: "get_company_template", args: {} },
  {
    name: "get_required_fields_for_deal",
    args: { pipeline_id: "Tender Pengadaan", stage_id: "Kalah" },
  },
  {
    name: "get_required_fields_for_ticket",
    args: { pipeline_id: "Layanan Pelanggan", stage_id: "Baru" },
  },
  { name: "list_pipeline_stages", args: { pipeline_id: 131907 } },
  { name: "get_ticket_pipelines", args: {} },
  { name: "list_task_categories", args: {} },
  { name: "list_notes", args: { crm_deal_id: 48307353 } },
  { name: "update_deal", args: { deal_id: 48307353, size: 5 } },
  {
    name: "update_deal",
    args: { deal_id: 48307353, crm_stage_id: "Proposal", size: 5 },
  },
  { name: "create_product", args: { name: "x", price: 5 } },
  { name: "create_note", args: { note: "x", crm_deal_id: 48307353 } },
  { name: "create_contact", args: { first_name: "x" } },
  {
    name: "create_contact",
    args: { first_name: "x", skip_validation: true },
  },
  {
    name: "update_deal_owner",
    args: { deal_id: 48307353, creator_id: "Bagas Pratama" },
  },
  { name: "create_task_category", args: { name: "x" } },
  { name: "delete_note", args: { note_id: 1 } },
];

Deno.test("a call is answered, whatever Qontak answers", async () => {
  let spoiling: readonly Spoiling[] = [];
  let at = 0;
  const places = renewed(
    100,
    () =>
      open((answer) =>
        spoil(answer, spoiling[Math.min(at++, spoiling.length - 1)]!)
      ),
  );
  await listening(() =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...good),
        fc.array(anySpoiling, { minLength: 1, maxLength: 3 }),
        async (call, ways) => {
          spoiling = ways;
          at = 0;
          const place = await places.get();
          assertAnswered(place, await place.call(call), call.name);
        },
      ),
      runs(40_000),
    )
  );
  await places.close();
});

Deno.test("stdio answers only with messages, whatever the lines are", async () => {
  const { numRuns, seed } = runs(8_000);
  const lines = fc.sample(anyLine, { numRuns: numRuns!, seed: seed! });
  const { code, stdout, stderr } = await run(["--sandbox"], {
    stdin: toStdin(...lines, toolCall("the last one", "list_pipelines")),
    env: { LOG_LEVEL: "debug" },
  });
  assertEquals(code, 0, stderr.slice(-2_000));
  const answers = parseLines(stdout);
  for (const { jsonrpc } of answers) assertEquals(jsonrpc, "2.0");
  assert(answers.some(({ id }) => id === "the last one"));
  for (const { level, message, stack } of parseLines(stderr)) {
    assert(level !== "error", stack ?? message);
  }
});
