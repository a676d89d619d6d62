/**
 * The scenes of the demo. The story knows nothing about the company in advance.
 * Like an assistant, it looks up the pipelines, the requirements of a stage,
 * and the available options.
 *
 * @module
 */
import { argumentsFor, sampleFor, type Shown } from "../../sandbox/samples.ts";
import { bold, type Data, dim, green, type Narrator, red } from "./narrator.ts";

/** What the scenes share: what was found, and what was made. */
interface Shared {
  /** The stages of a pipeline, and what one of them requires. */
  readonly stages: Data;
  readonly place: Data;
  /** The id of the new deal. */
  readonly deal_id: number;
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

async function findPlace(
  { use }: Narrator,
  pipelines: Data[],
): Promise<Data> {
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

/**
 * Plays all scenes.
 *
 * @param narrator Tells them.
 * @throws {Error} When a call fails that must not.
 */
export async function play(narrator: Narrator): Promise<void> {
  const found = await meet(narrator);
  const deal_id = await create(narrator, found);
  const shared = { ...found, deal_id };
  await move(narrator, shared);
  const customer = await ask(narrator);
  await change(narrator, shared);
  await repeat(narrator, customer);
  await sum(narrator, shared);
}

/** Who connects, and which pipelines there are. */
async function meet(
  narrator: Narrator,
): Promise<Pick<Shared, "stages" | "place">> {
  const { client, scene, say, use } = narrator;
  scene("A client connects");
  const identity = client.getServerVersion();
  const { tools } = await client.listTools();
  say(
    `   ${identity?.title} ${identity?.version}, MCP ${client.getNegotiatedProtocolVersion()}, ${tools.length} tools`,
  );

  scene("“Which pipelines do we have?”");
  const pipelines = (await use("list_pipelines")).data.records;
  for (const { name } of pipelines) say(`     ${name}`);
  // The first stage on the path that requires a choice makes the better story.
  const { stages, place } = await findPlace(narrator, pipelines);
  say(
    `     ${place.pipeline.name}: ${
      stages.map((stage: Data) => stage.name).join(" → ")
    }`,
  );

  return { stages, place };
}

/** What a stage requires, and a deal that is refused and then made. */
async function create(
  { scene, say, use }: Narrator,
  { place }: Pick<Shared, "place">,
): Promise<number> {
  const { pipeline } = place;
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

  scene("With what was missing, in rupiah");
  const created = await use("create_deal", {
    ...argumentsFor(place.required, invent),
    currency: "IDR",
  });
  if (created.isError) throw new Error(created.text);
  say(
    `   ${green("Made")} deal ${created.data.id}; Qontak stored: ${
      created.data.applied.join(", ")
    }`,
  );

  return created.data.id;
}

/** The deal moves, and its history says so. */
async function move(
  { scene, say, use }: Narrator,
  { stages, place, deal_id }: Shared,
): Promise<void> {
  const { pipeline } = place;
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
    deal_id: deal_id,
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
    deal_id: deal_id,
  })).data.records;
  for (const step of history) {
    say(
      `     ${step.moved_date?.slice(0, 10)}  ${
        step.prev_stage?.name ?? "(new)"
      } → ${step.current_stage?.name}`,
    );
  }
}

/** Questions about all deals, and about one customer. */
async function ask({ scene, say, use }: Narrator): Promise<string> {
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
      `     ${group.crm_stage_name}: ${group.count} ${
        dim(amounts(group["sum:size"]))
      }`,
    );
  }

  scene("“Tell me about the customer with the largest open deal in rupiah.”");
  const { records: [largest] } = (await use("query_records", {
    resource: "deals",
    where: [
      ...open,
      { field: "company", op: "is_set" },
      { field: "currency", value: "IDR" },
    ],
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

  return customer;
}

/** A change that is planned, carried out and taken back. */
async function change(
  { scene, say, use }: Narrator,
  { deal_id }: Shared,
): Promise<void> {
  scene("“Give our new deal a discount of 10 %, but show me first.”");
  const { size, currency } = (await use("get_deal", { deal_id })).data.record;
  const tried = (await use("update_deal", {
    deal_id,
    size: Math.round(Number(size) * 0.9),
    dry_run: true,
  })).data;
  for (const { label, from, to } of tried.changes) {
    say(
      `     ${label}: ${amount(currency, from)} → ${amount(currency, to)} ${
        dim("if the person agrees")
      }`,
    );
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
  say(
    `   ${green("Taken back")}: the size is ${
      amount(currency, restored.size)
    } again`,
  );
}

/** A company that is there already is not made again. */
async function repeat(
  { scene, say, use }: Narrator,
  customer: string,
): Promise<void> {
  // The same company, as people write it another time.
  const again = `${customer.replace(/^(PT|CV|UD)\.? /, "")}, Tbk`;
  scene(`“Add ${again} as a company.”`);
  const refused = await use("create_company", {
    name: again,
    creator_id: "me",
  });
  if (!refused.isError) throw new Error(refused.text);
  say(red(indent(refused.text)));
}

/** What it took. */
async function sum(
  { scene, say, use, sandbox, told }: Narrator,
  { deal_id }: Shared,
): Promise<void> {
  scene("In all");
  const { record } = (await use("get_deal", { deal_id })).data;
  say(
    `   ${bold(record.name)}: ${record.crm_stage_name}, ${
      amount(record.currency, record.size)
    }, owner ${record.creator_name}`,
  );
  say(
    `   ${told.calls} tool calls, ${sandbox.requests.length} requests to Qontak, ${
      Math.round(told.characters / 1024)
    } KB for the model to read.`,
  );
}

/** Amounts by currency, in short. */
function amounts(value: Data): string {
  return Object.entries(value ?? {})
    .map(([currency, size]) => amount(currency, size)).join(", ");
}

/** One amount, in short. */
function amount(currency: string, size: unknown): string {
  return `${currency} ${Number(size).toLocaleString("en")}`;
}

function indent(text: string): string {
  return text.split("\n").map((line) => `   ${line}`).join("\n");
}
