/// <reference lib="dom" />
/**
 * The change review: before and after of a plan, and what a change did. The
 * person applies the plan here, or cancels.
 *
 * @module
 */
import { connect, type Host, type Json, type ToolResult } from "./bridge.ts";
import { describeChange } from "./changes.ts";
import { dataOf, isObject, objects, tenantOf, textOf } from "./data.ts";
import { button, type Child, h, notice, show } from "./dom.ts";
import { type Format, formatOf, titleOf } from "./format.ts";
import { fill } from "./words.ts";

let format: Format = formatOf({});
let args: Json = {};
/** What is shown, for another language or theme. */
let last: (() => void) | undefined;
let ending: ReturnType<typeof setTimeout> | undefined;

/** The tool that made a result. */
function toolOf(result: ToolResult): string | undefined {
  const { name } = host.context.toolInfo?.tool ?? {};
  const said = result._meta?.tool;
  return typeof said === "string" ? said : name;
}

function open(result: ToolResult, tool = toolOf(result)): void {
  last = () => open(result, tool);
  clearTimeout(ending);
  const { say } = format;
  const answer = dataOf(result);
  if (!answer) {
    const text = textOf(result) || say.failed;
    return show(heading(tool, say.notDone, "bad"), notice("bad", text));
  }
  if (Array.isArray(answer.records)) {
    return objects(answer.records).some(({ status }) => status !== undefined)
      ? openTakenBack(answer)
      : openList(answer);
  }
  if (answer.dry_run === true) return openPlan(answer, tool);
  openOutcome(answer, tool);
}

function heading(
  tool: string | undefined,
  state: string,
  kind: string,
  about?: Child,
): HTMLElement {
  const title = host.context.toolInfo?.tool;
  const named = tool === title?.name
    ? title?.title ?? title?.annotations?.title
    : undefined;
  return h(
    "header",
    {},
    h(
      "div",
      {},
      h("h1", {}, named ?? (tool ? titleOf(tool) : format.say.review)),
      about !== undefined && h("p", { class: "quiet" }, about),
    ),
    h("span", { class: `state ${kind}`, role: "status" }, state),
  );
}

/** How many records a change is about, or which. */
function aboutOf({ id, count }: Json): string | undefined {
  const { say } = format;
  if (typeof count === "number") {
    return count === 1 ? say.oneRecord : fill(say.count, { count });
  }
  return id === undefined ? undefined : fill(say.record, { id: String(id) });
}

function openPlan(answer: Json, tool: string | undefined): void {
  const { say } = format;
  const { plan, plan_expires: expires } = answer;
  const parts: Child[] = [
    heading(tool, say.planned, "open", aboutOf(answer)),
    ...describeChange(answer, format),
    ...objects(answer.takes_back).flatMap((one) =>
      isObject(one.would_delete) ? describeChange(one, format) : []
    ),
  ];
  if (typeof plan !== "string" || tool === undefined) return show(...parts);
  if (!host.canCall) return show(...parts, notice("info", say.noCalls));
  const isDelete = "would_delete" in answer;
  const apply = button(
    isDelete ? say.deleteIt : say.apply,
    isDelete ? "danger" : "primary",
    () => carryOut(tool, { plan, ...tenantOf(args) }),
  );
  const cancel = button(say.cancel, "", () => {
    const end = () =>
      show(heading(tool, say.notDone, "quiet"), notice("info", say.cancelled));
    last = end;
    end();
    host.tell(`The person cancelled the plan of ${tool}: nothing was changed.`);
  });
  const footer = h("footer", {}, cancel, apply);
  const until = typeof expires === "string" ? Date.parse(expires) : NaN;
  if (!Number.isNaN(until)) {
    const line = h(
      "p",
      { class: "quiet until" },
      fill(say.until, { time: format.time(expires as string) }),
    );
    footer.prepend(line);
    const expire = () => {
      apply.disabled = true;
      line.replaceWith(notice("bad", say.expired));
    };
    ending = setTimeout(expire, Math.max(0, until - Date.now()));
  }
  show(...parts, footer);
}

async function carryOut(tool: string, given: Json): Promise<void> {
  const { say } = format;
  clearTimeout(ending);
  last = undefined;
  for (const one of document.querySelectorAll("button")) one.disabled = true;
  document.querySelector(".state")!.textContent = say.applying;
  document.querySelector(".until")?.remove();
  const result = await host.call(tool, given).catch(failed);
  open(result, tool);
  host.tell(
    result.isError
      ? `The person agreed to a change with ${tool}, but it failed: read the record before another try.`
      : `The person carried out a change with ${tool} in the view: do not send it again.`,
  );
}

/** An error of the host, as the result of a tool that failed. */
function failed(error: unknown): ToolResult {
  const text = error instanceof Error ? error.message : String(error);
  return { content: [{ type: "text", text }], isError: true };
}

function openOutcome(answer: Json, tool: string | undefined): void {
  const { say } = format;
  const { undo, run } = answer;
  const left = Number(answer.not_started ?? 0);
  const isWhole = Number(answer.failed ?? 0) + Number(answer.unknown ?? 0) +
          left === 0 &&
    [answer.ignored, answer.stored_differently].every((list) =>
      objects(list).length === 0
    );
  const isPart = answer.done !== 0;
  const counts = ([
    ["done", say.runDone, "good"],
    ["failed", say.runFailed, "bad"],
    ["unknown", say.runUnknown, "bad"],
    ["not_started", say.runLeft, ""],
  ] as const).filter(([key]) => Number(answer[key] ?? 0) > 0).map((
    [key, text, kind],
  ) => h("li", { class: kind }, fill(text, { count: Number(answer[key]) })));
  show(
    heading(
      tool,
      isWhole ? say.done : isPart ? say.partly : say.notDone,
      isWhole ? "good" : isPart ? "open" : "bad",
      aboutOf(answer),
    ),
    counts.length > 0 && h("ul", { class: "counts" }, ...counts),
    ...describeChange(answer, format),
    host.canCall && h(
      "footer",
      {},
      left > 0 && typeof run === "string" &&
        button(
          say.goOn,
          "primary",
          () => carryOut("change_records", { run, ...tenantOf(args) }),
        ),
      typeof undo === "string" && button(say.undo, "", () => plan([undo])),
    ),
  );
}

/** Makes a plan of what takes changes back. */
async function plan(ids: readonly string[]): Promise<void> {
  for (const one of document.querySelectorAll("button")) one.disabled = true;
  const given = { ids, ...tenantOf(args) };
  open(await host.call("undo_change", given).catch(failed), "undo_change");
}

/** What became of changes that were taken back. */
function openTakenBack({ records }: Json): void {
  const { say } = format;
  const all = objects(records);
  const isWhole = all.every(({ status }) => status === "done");
  const isPart = all.some(({ status }) => status === "done");
  show(
    heading(
      "undo_change",
      isWhole ? say.done : isPart ? say.partly : say.notDone,
      isWhole ? "good" : isPart ? "open" : "bad",
    ),
    ...all.flatMap((one) => [
      h(
        "h2",
        {},
        `${one.record ?? ""} `,
        h(
          "span",
          { class: `state ${one.status === "done" ? "good" : "bad"}` },
          one.status === "done" ? say.done : say.notDone,
        ),
      ),
      ...describeChange(one, format),
    ]),
  );
}

/** The last changes, each of which can be taken back. */
function openList({ records }: Json): void {
  const { say } = format;
  const changes = objects(records);
  show(
    heading("undo_change", say.lastChanges, "quiet"),
    changes.length === 0 ? h("p", { class: "quiet" }, say.noChanges) : h(
      "ul",
      { class: "cards" },
      ...changes.map((one) =>
        h(
          "li",
          {},
          h(
            "div",
            {},
            h("strong", {}, titleOf(String(one.tool ?? ""))),
            ` · ${
              one.record ?? fill(say.count, { count: String(one.changes) })
            }`,
            h(
              "p",
              { class: "quiet" },
              [format.text(one.time), one.by].filter(Boolean).join(" · "),
            ),
          ),
          host.canCall && typeof one.undo === "string" &&
            one.can_undo !== false && one.undone_by === undefined &&
            button(say.takeBack, "", () => plan([one.undo as string])),
        )
      ),
    ),
  );
}

const host: Host = await connect("review", {
  onInput: (given) => args = given,
  onResult: (result) => open(result),
  onCancelled: () => show(notice("info", format.say.cancelledCall)),
  onContext(context) {
    format = formatOf(context);
    last?.();
  },
});
