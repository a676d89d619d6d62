/// <reference lib="dom" />
/**
 * What a plan would change, or a change has changed: before and after.
 *
 * @module
 */
import type { Json } from "./bridge.ts";
import { isObject, objects, texts } from "./data.ts";
import { type Child, h, notice } from "./dom.ts";
import { type Format, titleOf } from "./format.ts";
import { fill } from "./words.ts";

/** One line of the table. */
interface Line {
  readonly kind: "changed" | "cleared" | "removed";
  readonly one: Json;
}

function linesOf(answer: Json): Line[] {
  const of = (kind: Line["kind"], ...keys: string[]) =>
    keys.flatMap((key) => objects(answer[key])).map((one) => ({ kind, one }));
  return [
    ...of("changed", "changes", "changed", "restores"),
    ...of("cleared", "cleared"),
    ...of("removed", "removed"),
  ];
}

/** The differences in an answer; the lines of each record of a run together. */
export function differences(answer: Json, format: Format): HTMLElement {
  const { say } = format;
  // A run numbers its rows; what takes changes back names their records.
  const groups = Map.groupBy(
    linesOf(answer),
    ({ one: { row, record } }) => row ?? record,
  );
  return h(
    "table",
    { class: "before-after" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, say.field),
        h("th", { scope: "col" }, say.before),
        h("th", { scope: "col" }, say.after),
      ),
    ),
    ...Array.from(groups, ([row, lines]) =>
      h(
        "tbody",
        {},
        row !== undefined && groupRow(row, lines[0]!.one.id, format),
        ...lines.map((line) => lineRow(line, format)),
      )),
  );
}

/** The heading of the lines of one record. */
function groupRow(row: unknown, id: unknown, { say }: Format): HTMLElement {
  return h(
    "tr",
    { class: "group" },
    h(
      "th",
      { scope: "rowgroup", colspan: 3 },
      typeof row === "number" ? fill(say.row, { row }) : String(row),
      id !== undefined && h(
        "small",
        { class: "quiet" },
        ` · ${fill(say.record, { id: String(id) })}`,
      ),
    ),
  );
}

function lineRow({ kind, one }: Line, { say, value }: Format): HTMLElement {
  const key = String(one.key ?? "");
  const name = typeof one.label === "string" && one.label !== ""
    ? one.label
    : titleOf(key);
  const isNew = !("from" in one) && kind === "changed";
  const from = kind === "removed" ? one.from ?? one.removed : one.from;
  const tag = (text: string) => h("span", { class: "tag" }, text);
  return h(
    "tr",
    { class: isNew ? "added" : kind },
    h("th", { scope: "row", title: key }, name),
    h(
      "td",
      { class: "from" },
      isNew
        ? h("span", { class: "quiet" }, "–")
        : kind === "changed"
        ? value(from, key)
        : h("del", {}, value(from, key)),
    ),
    h(
      "td",
      { class: "to" },
      kind === "cleared"
        ? tag(say.cleared)
        : kind === "removed"
        ? tag(say.removed)
        : value(one.to, key),
      isNew && tag(say.added),
    ),
  );
}

/** What would be deleted, and what belongs to it. */
function deletion(answer: Json, format: Format): HTMLElement | undefined {
  const { say } = format;
  const { would_delete: what, hangs_on: hanging } = answer;
  const many = objects(what);
  const records = isObject(what) ? [what] : many;
  if (records.length === 0 && !isObject(hanging)) return undefined;
  return h(
    "section",
    { class: "deletion" },
    h("h3", {}, many.length > 0 ? say.deleteMany : say.wouldDelete),
    h("ul", {}, ...records.map((record) => h("li", {}, nameOf(record)))),
    isObject(hanging) && Object.keys(hanging).length > 0 &&
      h("h4", {}, say.belongs),
    isObject(hanging) && h(
      "ul",
      {},
      ...Object.entries(hanging).map(([plural, held]) =>
        h(
          "li",
          {},
          isObject(held)
            ? `${titleOf(plural)}: ${format.text(held.count)}`
            : `${say.unknown}: ${
              texts(held).map((one) => titleOf(one)).join(", ")
            }`,
        )
      ),
    ),
  );
}

/** What people call a record. */
export function nameOf(record: Json): string {
  const { name, first_name, last_name, note, id } = record;
  const full = [first_name, last_name].filter(Boolean).join(" ");
  const called = name ?? (full || note);
  return [called, id === undefined ? undefined : `(${id})`].filter(Boolean)
    .join(" ");
}

/** A list under a heading; nothing if it is empty. */
export function listing(
  title: string,
  lines: readonly string[],
  kind: string,
): HTMLElement | undefined {
  if (lines.length === 0) return undefined;
  return h(
    "section",
    { class: kind },
    h("h3", {}, title),
    h("ul", {}, ...lines.map((line) => h("li", {}, line))),
  );
}

/** All that an answer says of a change. */
export function describeChange(answer: Json, format: Format): Child[] {
  const { say } = format;
  const isPlan = answer.dry_run === true;
  const lines = linesOf(answer);
  const deleted = deletion(answer, format);
  const problems = texts(answer.problems);
  const left = Number(answer.left_out ?? 0);
  const differing = (key: string) =>
    objects(answer[key]).map((one) =>
      `${titleOf(String(one.label ?? one.key ?? ""))}: ${
        format.text(one.sent ?? one.value ?? one.to)
      }${"stored" in one ? ` → ${format.text(one.stored)}` : ""}`
    );
  return [
    deleted,
    lines.length > 0 && differences(answer, format),
    lines.length === 0 && !deleted && problems.length === 0 && isPlan &&
    h("p", { class: "quiet" }, say.noDifference),
    left > 0 &&
    h("p", { class: "quiet" }, fill(say.moreRows, { count: left })),
    listing(say.problems, problems, "problems"),
    isPlan && answer.plan === undefined && problems.length > 0 &&
    notice("bad", say.noPlan),
    listing(say.ignored, differing("ignored"), "problems"),
    listing(say.stored, differing("stored_differently"), "problems"),
    listing(say.notes, texts(answer.notes), "notes"),
  ];
}
