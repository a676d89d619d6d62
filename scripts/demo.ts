/**
 * A short story in the terminal: a real MCP client, the real server in a
 * separate process, and the built-in CRM. `--verbose` prints the traffic of
 * both connections.
 *
 * The story knows nothing about the company in advance. Like an assistant, it
 * looks up the pipelines, the requirements of a stage, and the available
 * options.
 *
 * @module
 */
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { serveSandbox } from "../src/sandbox/mod.ts";
import { argumentsFor, sampleFor, type Shown } from "./fill.ts";
import { denoRun, root } from "./program.ts";

// deno-lint-ignore no-explicit-any -- the shapes of answers vary
type Data = any;

const verbose = Deno.args.includes("--verbose");
const unknown = Deno.args.find((arg) => arg !== "--verbose");
if (unknown !== undefined) {
  say(`The demo takes --verbose only, not ${unknown}`);
  Deno.exit(2);
}
const color = Deno.stdout.isTerminal() && !Deno.noColor;
const paint = (code: number) => (text: string) =>
  color ? `\x1b[${code}m${text}\x1b[0m` : text;
const bold = paint(1), dim = paint(2), red = paint(31), green = paint(32);

function say(text = ""): void {
  // deno-lint-ignore no-console -- the story goes to stdout
  console.log(text);
}

function scene(title: string): void {
  say();
  say(bold(`${++scenes}. ${title}`));
}

let scenes = 0;
let calls = 0;
let characters = 0;
let shownRequests = 0;

const sandbox = serveSandbox();
const transport = new StdioClientTransport({
  command: Deno.execPath(),
  args: await denoRun("mod.ts"),
  cwd: root,
  env: {
    PATH: Deno.env.get("PATH") ?? "",
    HOME: Deno.env.get("HOME") ?? "",
    ...(Deno.env.get("DENO_DIR")
      ? { DENO_DIR: Deno.env.get("DENO_DIR")! }
      : {}),
    QONTAK_BASE_URL: sandbox.url,
    QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
    LOG_LEVEL: "error",
    // Audit lines would appear in the middle of the story.
    QONTAK_AUDIT: "off",
  },
  stderr: "inherit",
});
const client = new Client({ name: "demo", version: "1.0.0" }, {
  versionNegotiation: { mode: "auto" },
});
if (verbose) showWire();

/** Prints every message between the client and the server. */
function showWire(): void {
  const { send } = transport;
  transport.send = (message) => {
    say(dim(`   → MCP    ${clip(JSON.stringify(message))}`));
    return send.call(transport, message);
  };
  let receive: typeof transport.onmessage;
  Object.defineProperty(transport, "onmessage", {
    get: () => receive,
    set(listener: typeof transport.onmessage) {
      receive = listener && ((message) => {
        showRequests();
        say(dim(`   ← MCP    ${clip(JSON.stringify(message))}`));
        listener(message);
      });
    },
  });
}

/** Prints the requests to Qontak since the last call. */
function showRequests(): void {
  for (const request of sandbox.requests.slice(shownRequests)) {
    const { method, path, query, body, status } = request;
    const search = new URLSearchParams(query as Record<string, string>);
    const sent = body === null || body === undefined || path === "/oauth/token"
      ? ""
      : ` ${clip(JSON.stringify(body))}`;
    say(dim(
      `   ⇢ Qontak ${method} ${path}${
        search.size > 0 ? `?${search}` : ""
      }${sent} → ${status}`,
    ));
  }
  shownRequests = sandbox.requests.length;
}

function clip(text: string): string {
  return text.length > 900 ? `${text.slice(0, 900)}… (${text.length})` : text;
}

/** Calls a tool, as a model would. */
async function use(
  name: string,
  args: Data = {},
): Promise<{ data: Data; text: string; isError: boolean }> {
  calls++;
  say(`   ${dim("the assistant calls")} ${name} ${dim(JSON.stringify(args))}`);
  const result = await client.callTool({ name, arguments: args });
  const text = (result.content as { text: string }[])[0]!.text;
  characters += text.length;
  return {
    data: result.structuredContent,
    text,
    isError: result.isError === true,
  };
}

/** The values of the new deal, by field type. */
const INVENTED: Readonly<Record<string, unknown>> = {
  number: 185_000_000,
  percentage: 10,
  date: "18/12/2026",
  date_time: "18/12/2026 10:00",
};

/** A value for a field that a stage requires. */
function invent(field: Shown): unknown {
  if (field.key === "name") return "Kursi kantor untuk PT Cahaya";
  if (field.options) return sampleFor(field);
  return INVENTED[field.type] ?? "2026/XI/118";
}

async function findPlace(pipelines: Data[]): Promise<Data> {
  let last: Data;
  for (const { id } of pipelines) {
    const { data } = await use("list_pipeline_stages", { pipeline_id: id });
    const stages = data.records;
    for (const stage of stages.slice(0, -2)) {
      const { data: place } = await use("get_required_fields_for_deal", {
        pipeline_id: id,
        stage_id: stage.name,
      });
      last = { stages, place };
      if (place.required.some((field: Data) => field.options)) return last;
    }
  }
  return last;
}

function describe(field: Data): string {
  const options = field.options?.slice(0, 4).map((o: Data) => o.name)
    .join(", ");
  return `     ${field.label} ${dim(`(${field.type}`)}${
    options ? dim(`: ${options}${field.options.length > 4 ? ", …" : ""}`) : ""
  }${dim(")")}`;
}

try {
  scene("A client connects");
  await client.connect(transport);
  const identity = client.getServerVersion();
  const { tools } = await client.listTools();
  say(
    `   ${identity?.title} ${identity?.version}, MCP ${client.getNegotiatedProtocolVersion()}, ${tools.length} tools`,
  );

  scene("“Which pipelines do we have?”");
  const pipelines = (await use("list_pipelines")).data.records;
  for (const { name } of pipelines) say(`     ${name}`);
  // The first stage on the path that requires a choice makes the better story.
  const { stages, place } = await findPlace(pipelines);
  const { pipeline } = place;
  say(
    `     ${pipeline.name}: ${
      stages.map((stage: Data) => stage.name).join(" → ")
    }`,
  );

  scene(`“What does ${place.stage.name} in ${place.pipeline.name} require?”`);
  say(
    `   ${place.required.length} fields are required, ${place.optional_fields} optional; found in this company's own template:`,
  );
  for (const field of place.required) say(describe(field));

  scene("“Make a deal there.” – with only a name");
  const tooLittle = await use("create_deal", {
    name: "Kursi kantor untuk PT Cahaya",
    crm_pipeline_id: pipeline.name,
    crm_stage_id: place.stage.name,
  });
  say(red(indent(tooLittle.text)));
  say(
    `   ${
      green("Nothing was sent to Qontak.")
    } The answer says what to ask for.`,
  );

  scene("With what was missing");
  const created = await use(
    "create_deal",
    argumentsFor(place.required, invent),
  );
  if (created.isError) throw new Error(created.text);
  say(
    `   ${green("Made")} deal ${created.data.id}; Qontak stored: ${
      created.data.applied.join(", ")
    }`,
  );

  const next = stages[
    stages.findIndex((stage: Data) => stage.id === place.stage.id) + 1
  ];
  scene(`“Move it to ${next.name}.”`);
  const ahead = (await use("get_required_fields_for_deal", {
    pipeline_id: pipeline.id,
    stage_id: next.id,
  })).data;
  const known = new Set(place.required.map((f: Data) => f.id ?? f.key));
  const missing = ahead.required.filter((f: Data) =>
    !known.has(f.id ?? f.key) && f.value === undefined
  );
  const moved = await use("update_deal", {
    deal_id: created.data.id,
    ...argumentsFor(missing, invent),
    crm_stage_id: next.name,
  });
  if (moved.isError) throw new Error(moved.text);
  say(
    `   ${green("Moved")} to ${moved.data.record.crm_stage_name}; applied: ${
      moved.data.applied.join(", ")
    }; ignored: ${moved.data.ignored.length}`,
  );

  scene("“How did it get there?”");
  const history = (await use("get_deal_stage_history", {
    deal_id: created.data.id,
  })).data.records;
  for (const step of history) {
    say(
      `     ${step.moved_date?.slice(0, 10)}  ${
        step.prev_stage?.name ?? "(new)"
      } → ${step.current_stage?.name}`,
    );
  }

  scene("“What is open, per stage?”");
  const open = [{ field: "state", value: "open" }];
  const summary = await use("query_records", {
    resource: "deals",
    where: open,
    group_by: "stage",
    measures: "count,sum:size",
  });
  for (const group of summary.data.records) {
    say(
      `     ${group.crm_stage_id}: ${group.count} ${
        dim(amounts(group["sum:size"]))
      }`,
    );
  }

  scene("“Tell me about the customer with the largest open deal.”");
  const { records: [largest] } = (await use("query_records", {
    resource: "deals",
    where: [...open, { field: "company", op: "is_set" }],
    sort: "-size",
    limit: 1,
  })).data;
  const customer = [largest.crm_company_name].flat()[0];
  const brief = (await use("get_account_overview", { company: customer })).data;
  say(
    `     ${
      bold(brief.company.name)
    }: ${brief.people.total} people, ${brief.open_deals.total} open deals ${
      dim(amounts(brief.open_deals.value))
    }, ${brief.won.total} won, ${brief.lost.total} lost`,
  );
  say(
    `     ${brief.open_tickets.total} open tickets, ${brief.open_tasks.total} open tasks, ${brief.last_notes.total} notes, last contact ${
      brief.last_contact?.date?.slice(0, 10) ?? "unknown"
    }`,
  );

  scene("“Give our new deal a discount of 10 %, but show me first.”");
  const deal_id = created.data.id;
  const { size } = (await use("get_deal", { deal_id })).data.record;
  const tried = (await use("update_deal", {
    deal_id,
    size: Math.round(Number(size) * 0.9),
    dry_run: true,
  })).data;
  for (const { label, from, to } of tried.changes) {
    say(`     ${label}: ${from} → ${to} ${dim("if the person agrees")}`);
  }
  const discounted = await use("update_deal", { plan: tried.plan });
  if (discounted.isError) throw new Error(discounted.text);
  say(`   ${green("Carried out")}, exactly as planned, and only once`);

  scene("“No, take that back.”");
  const back = await use("undo_change", { ids: [discounted.data.undo] });
  const undone = await use("undo_change", { plan: back.data.plan });
  if (undone.isError) throw new Error(undone.text);
  const { record: restored } = (await use("get_deal", { deal_id })).data;
  if (restored.size !== size) throw new Error(undone.text);
  say(`   ${green("Taken back")}: the size is ${restored.size} again`);

  // The same company, as people write it another time.
  const again = `${customer.replace(/^(PT|CV|UD)\.? /, "")}, Tbk`;
  scene(`“Add ${again} as a company.”`);
  const refused = await use("create_company", {
    name: again,
    creator_id: "me",
  });
  if (!refused.isError) throw new Error(refused.text);
  say(red(indent(refused.text)));

  scene("In all");
  const { record } = (await use("get_deal", { deal_id: created.data.id })).data;
  say(
    `   ${bold(record.name)}: ${record.crm_stage_name}, ${
      record.currency ?? ""
    } ${record.size ?? ""}, owner ${record.creator_name}`,
  );
  say(
    `   ${calls} tool calls, ${sandbox.requests.length} requests to Qontak, ${
      Math.round(characters / 1024)
    } KB for the model to read.`,
  );
} finally {
  await client.close();
  await sandbox.close();
}

/** Amounts by currency, in short. */
function amounts(value: Data): string {
  return Object.entries(value ?? {}).map(([currency, amount]) =>
    `${currency} ${Number(amount).toLocaleString("en")}`
  ).join(", ");
}

function indent(text: string): string {
  return text.split("\n").map((line) => `   ${line}`).join("\n");
}
