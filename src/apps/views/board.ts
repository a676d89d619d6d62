/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The pipeline board: the deals of a pipeline by stage. A deal moves to another
 * stage by drag or by key, which makes a plan and asks.
 *
 * @module
 */
import { connect, type Host, type Json, type ToolResult } from "./bridge.ts";
import { describeChange } from "./changes.ts";
import { type Deal, element, type Stage, stageOf } from "./column.ts";
import { dataOf, isObject, objects, tenantOf, textOf } from "./data.ts";
import { dialog, fieldsOf } from "./dialog.ts";
import { button, h, notice, show } from "./dom.ts";
import { type Format, formatOf, titleOf } from "./format.ts";
import { fill } from "./words.ts";

/** The most deals that are shown as cards; the totals have all. */
const MOST = 500;

/** What is shown on a card, and what orders them. */
const FIELDS = [
  "id",
  "name",
  "size",
  "currency",
  "crm_stage_id",
  "creator_id",
  "company",
  "age_days",
];

let format: Format = formatOf({});
let tenant: Json = {};
let pipeline: Json | undefined;
let pipelines: readonly Json[] = [];
let stages: Stage[] = [];
let deals: Deal[] = [];
let asOf: unknown;
let left = 0;
let order: "value" | "age" | "name" = "value";
let search = "";
/** How often deals were read, so that an older answer is not shown. */
let loading = 0;
/** Where the status is said to screen readers, and shown. */
const status = h("p", { class: "status quiet", role: "status" });

/** Calls a tool that answers with data; the error is what the server says. */
async function ask(tool: string, args: Json): Promise<Json> {
  const result = await host.call(tool, { ...args, ...tenant });
  const data = dataOf(result);
  if (!data) throw new Error(textOf(result) || format.say.failed);
  return data;
}

const sentenceOf = (error: unknown) =>
  error instanceof Error ? error.message : String(error);

/** Reads the pipeline's stages and deals, and shows them. */
async function load(id: unknown, fresh = false): Promise<void> {
  const ours = ++loading;
  status.textContent = format.say.loading;
  const where = [{ field: "crm_pipeline_id", value: String(id) }];
  try {
    const found = await ask("list_pipeline_stages", { pipeline_id: id });
    const totals = await ask("query_records", {
      resource: "deals",
      where,
      group_by: "stage",
      measures: "count,sum:size,weighted:size",
      ...(fresh ? { fresh } : {}),
    });
    const read = await readDeals(where);
    // The person may have chosen another pipeline meanwhile.
    if (ours !== loading) return;
    deals = read.deals;
    left = read.left;
    asOf = totals.as_of;
    stages = stageOf(
      objects(found.records),
      objects(totals.records),
      format.say.otherStage,
    );
    status.textContent = "";
    render();
  } catch (error) {
    if (ours !== loading) return;
    status.textContent = "";
    show(notice("bad", sentenceOf(error)));
  }
}

/**
 * Reads the newest deals. An answer has as many as a model can read, so there
 * are several; the server answers them from what it has read once.
 */
async function readDeals(where: readonly Json[]) {
  const read: Deal[] = [];
  for (;;) {
    const last = read.at(-1)?.id;
    const page = await ask("query_records", {
      resource: "deals",
      where: last === undefined
        ? where
        : [...where, { field: "id", op: "lt", value: String(last) }],
      fields: FIELDS,
      sort: "-id",
      limit: MOST - read.length,
    });
    const next = objects(page.records) as unknown as Deal[];
    read.push(...next);
    const left = Number(page.left_out ?? 0);
    const isWhole = left === 0 || next.length === 0 || read.length >= MOST;
    if (isWhole) return { deals: read, left };
  }
}

/** The deals that are shown in a stage, in order. */
function dealsIn(stage: Stage): Deal[] {
  const isKnown = (deal: Deal) =>
    stages.some(({ id }) => id === deal.crm_stage_id);
  const wanted = search.toLocaleLowerCase();
  const by = {
    value: (a: Deal, b: Deal) => (b.size ?? 0) - (a.size ?? 0),
    age: (a: Deal, b: Deal) => (b.age_days ?? 0) - (a.age_days ?? 0),
    name: (a: Deal, b: Deal) =>
      format.compare(String(a.name ?? ""), String(b.name ?? "")),
  }[order];
  return deals.filter((deal) =>
    (stage.id === undefined
      ? !isKnown(deal)
      : deal.crm_stage_id === stage.id) &&
    (wanted === "" ||
      `${deal.name} ${deal.company} ${deal.creator_name}`.toLocaleLowerCase()
        .includes(wanted))
  ).sort(by);
}

function columns(): HTMLElement[] {
  return stages.map((stage) =>
    element(stage, dealsIn(stage), {
      format,
      isSearch: search !== "",
      open,
      move(deal, by) {
        const at = stages.indexOf(stage) + by;
        const target = stages[at];
        if (target?.id !== undefined) propose(deal, target);
      },
      drop(id) {
        const deal = deals.find((one) => String(one.id) === id);
        if (deal && deal.crm_stage_id !== stage.id) propose(deal, stage);
      },
    })
  );
}

function renderColumns(): void {
  const board = document.querySelector(".board");
  const { scrollLeft = 0 } = board ?? {};
  board?.replaceChildren(...columns());
  if (board) board.scrollLeft = scrollLeft;
}

function render(): void {
  const { say } = format;
  const totals = (pick: (stage: Stage) => Readonly<Record<string, number>>) => {
    const sums: Record<string, number> = {};
    for (const stage of stages) {
      for (const [unit, amount] of Object.entries(pick(stage))) {
        sums[unit] = (sums[unit] ?? 0) + amount;
      }
    }
    return Object.entries(sums).map(([unit, sum]) =>
      format.money(sum, unit, true)
    ).join(" + ") || "–";
  };
  const count = stages.reduce((sum, stage) => sum + stage.count, 0);
  const figure = (name: string, value: string) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value));
  show(
    h(
      "header",
      {},
      h(
        "div",
        {},
        h("h1", {}, String(pipeline?.name ?? say.board)),
        typeof asOf === "string" &&
          h(
            "p",
            { class: "quiet" },
            fill(say.asOf, { time: format.time(asOf) }),
          ),
      ),
      h(
        "dl",
        { class: "totals" },
        figure(titleOf("deals"), format.number(count)),
        figure(say.value, totals(({ value }) => value)),
        figure(say.weighted, totals(({ weighted }) => weighted)),
      ),
    ),
    tools(),
    h("div", { class: "board" }, ...columns()),
    left > 0 &&
      h(
        "p",
        { class: "quiet" },
        fill(say.more, { count: format.number(left) }),
      ),
    status,
    host.canCall && h("p", { class: "keys quiet" }, say.keys),
    host.canCall && h("p", { class: "touch quiet" }, say.touch),
  );
}

/** What chooses which deals are shown, and how. */
function tools(): HTMLElement {
  const { say } = format;
  const choice = (
    label: string,
    options: readonly (readonly [string, string])[],
    chosen: string,
    onchange: (value: string) => void,
  ) =>
    h(
      "select",
      {
        "aria-label": label,
        onchange: (event: Event) =>
          onchange((event.target as HTMLSelectElement).value),
      },
      ...options.map(([value, name]) =>
        h("option", { value, selected: value === chosen }, name)
      ),
    );
  const isFull = host.context.displayMode === "fullscreen";
  const canFill = host.context.availableDisplayModes?.includes("fullscreen");
  return h(
    "div",
    { class: "tools" },
    pipelines.length > 1 && choice(
      say.pipeline,
      pipelines.map(({ id, name }) => [String(id), String(name)] as const),
      String(pipeline?.id),
      (id) => {
        pipeline = pipelines.find((one) => String(one.id) === id);
        load(id);
      },
    ),
    h("input", {
      type: "search",
      placeholder: say.find,
      "aria-label": say.find,
      value: search,
      oninput: (event: Event) => {
        search = (event.target as HTMLInputElement).value.trim();
        renderColumns();
      },
    }),
    choice(
      say.sort,
      [["value", say.sortValue], ["age", say.sortAge], ["name", say.sortName]],
      order,
      (value) => {
        order = value as typeof order;
        renderColumns();
      },
    ),
    button(say.refresh, "", () => load(pipeline?.id, true)),
    canFill &&
      button(
        isFull ? say.smaller : say.fullScreen,
        "",
        () => host.display(isFull ? "inline" : "fullscreen"),
      ),
  );
}

/** Shows all fields of a deal. */
async function open(deal: Deal): Promise<void> {
  const { say } = format;
  const shown = dialog(String(deal.name ?? deal.id), say.loading);
  const targets = stages.filter(({ id }) =>
    id !== undefined && id !== deal.crm_stage_id
  );
  const select = h(
    "select",
    { "aria-label": say.moveTo },
    h("option", { value: "" }, say.moveTo),
    ...targets.map(({ id, name }) => h("option", { value: String(id) }, name)),
  );
  select.onchange = () => {
    const target = targets.find(({ id }) => String(id) === select.value);
    shown.close();
    if (target) propose(deal, target);
  };
  shown.foot.append(select, button(say.close, "", shown.close));
  try {
    const { record } = await ask("get_deal", { deal_id: deal.id });
    if (!isObject(record)) throw new Error(say.failed);
    shown.body.replaceChildren(h(
      "dl",
      { class: "fields" },
      ...fieldsOf(record).map(([name, value, key]) =>
        h("div", {}, h("dt", {}, name), h("dd", {}, format.value(value, key)))
      ),
    ));
  } catch (error) {
    shown.body.replaceChildren(notice("bad", sentenceOf(error)));
  }
}

/** Plans a move, shows what it would change, and asks. */
async function propose(deal: Deal, target: Stage): Promise<void> {
  const { say } = format;
  const name = String(deal.name ?? deal.id);
  const question = dialog(
    say.moveQuestion,
    h("p", {}, h("strong", {}, name)),
    h(
      "p",
      { class: "move" },
      h("span", {}, deal.crm_stage_name ?? "–"),
      h("span", { "aria-hidden": "true" }, "→"),
      h("strong", {}, target.name),
    ),
  );
  const body = h("div", {}, h("p", { class: "quiet" }, say.planning));
  question.body.append(body);
  const cancel = button(say.cancel, "", question.close);
  question.foot.append(cancel);
  cancel.focus();
  let plan: Json;
  try {
    plan = await ask("update_deal", {
      deal_id: deal.id,
      crm_stage_id: target.id,
      dry_run: true,
    });
  } catch (error) {
    return body.replaceChildren(notice("bad", sentenceOf(error)));
  }
  body.replaceChildren();
  for (const child of describeChange(plan, format)) {
    if (child !== undefined && child !== false) {
      body.append(String(child) === child ? child : child as Node);
    }
  }
  if (typeof plan.plan !== "string") return;
  const apply = button(say.move, "primary", async () => {
    apply.disabled = cancel.disabled = true;
    body.prepend(h("p", { class: "quiet", role: "status" }, say.moving));
    try {
      await ask("update_deal", { plan: plan.plan });
    } catch (error) {
      cancel.disabled = false;
      status.textContent = fill(say.notMoved, {
        name,
        stage: deal.crm_stage_name ?? "–",
      });
      host.tell(
        "The person agreed to move a deal on the board, but it failed: read the deal before another try.",
      );
      return body.replaceChildren(notice("bad", sentenceOf(error)));
    }
    host.tell(
      `The person moved deal ${deal.id} to the stage with id ${target.id} on the board. It is done: do not send it again.`,
    );
    question.close();
    await load(pipeline?.id, true);
    status.textContent = fill(say.moved, { name, stage: target.name });
    document.querySelector<HTMLElement>(`[data-id="${deal.id}"]`)?.focus();
  });
  question.foot.append(apply);
  apply.focus();
}

/** Opens the board of the pipeline in a result. */
async function start(result: ToolResult): Promise<void> {
  const data = dataOf(result);
  if (!data) return show(notice("bad", textOf(result) || format.say.failed));
  pipeline = isObject(data.record) ? data.record : objects(data.records)[0];
  if (!pipeline) return show(notice("bad", format.say.failed));
  if (!host.canCall) return show(notice("info", format.say.noCalls));
  show(status);
  await load(pipeline.id);
  try {
    pipelines = objects((await ask("list_pipelines", {})).records);
    if (pipelines.length > 1) {
      document.querySelector(".tools")?.replaceWith(tools());
    }
  } catch {
    // The board of this pipeline is whole without the others.
  }
}

const host: Host = await connect("board", {
  onInput: (args) => tenant = tenantOf(args),
  onResult: start,
  onCancelled: () => show(notice("info", format.say.cancelledCall)),
  onContext(context) {
    format = formatOf(context);
    if (stages.length > 0) render();
  },
});
