/// <reference lib="dom" />
/**
 * The answer of a question about records: a table that sorts, and a chart where
 * it is grouped.
 *
 * @module
 */
import { connect, type Json, type ToolResult } from "./bridge.ts";
import { type Bar, chart } from "./chart.ts";
import { dataOf, isObject, objects, textOf } from "./data.ts";
import { h, notice, show } from "./dom.ts";
import { type Format, formatOf, titleOf } from "./format.ts";
import { fill } from "./words.ts";

/** A column of the table. */
interface Column {
  readonly key: string;
  /** The currency, if its values are amounts by currency. */
  readonly unit?: string;
  readonly title: string;
  readonly isNumber: boolean;
  /** The names that several ids have. */
  readonly shared?: ReadonlySet<unknown>;
}

let format: Format = formatOf({});
let args: Json = {};
let result: ToolResult | undefined;
let sorting: { readonly at: number; readonly isDown: boolean } | undefined;
let measured = "";

/** The value of a record in a column. */
function cell(record: Json, { key, unit, shared }: Column): unknown {
  const id = record[idKeyOf(key)];
  // What has no name is known by its id.
  const value = record[key] ?? id;
  if (shared?.has(value)) return `${value} (id ${id})`;
  return unit === undefined ? value : isObject(value) ? value[unit] : undefined;
}

/** The key of the id whose name a key has. */
const idKeyOf = (key: string) => key.replace(/_name$/, "_id");

/** The names that several ids have, in a column. */
function sharedIn(records: readonly Json[], key: string): Set<unknown> {
  const ids = Map.groupBy(records, (record) => record[key]);
  return new Set(
    [...ids].filter(([, some]) =>
      new Set(some.map((record) => String(record[idKeyOf(key)]))).size > 1
    ).map(([name]) => name),
  );
}

/** The columns of records; amounts have one for each currency. */
function columnsOf(records: readonly Json[]): Column[] {
  const keys = new Set(records.flatMap((record) => Object.keys(record)));
  // People read the name of what an id names.
  const shown = [...keys].filter((key) =>
    !/_ids?$/.test(key) || !keys.has(key.replace(/_ids?$/, "_name"))
  );
  return shown.flatMap((key): Column[] => {
    const values = records.map((record) => record[key]);
    const units = new Set(
      values.filter(isAmounts).flatMap((value) => Object.keys(value)),
    );
    const title = titleOf(key, format.say);
    if (units.size > 0) {
      return Array.from(units, (unit) => ({
        key,
        unit,
        title: `${title} (${unit})`,
        isNumber: true,
      }));
    }
    const isNumber = !/(^|_)id$/.test(key) &&
      values.every((value) => value === undefined || typeof value === "number");
    const hasIds = idKeyOf(key) !== key && keys.has(idKeyOf(key));
    const shared = hasIds ? { shared: sharedIn(records, key) } : {};
    return [{ key, title, isNumber, ...shared }];
  });
}

function isAmounts(value: unknown): value is Record<string, number> {
  return isObject(value) && Object.keys(value).length > 0 &&
    Object.values(value).every((amount) => typeof amount === "number");
}

function render(): void {
  if (!result) return;
  const { say } = format;
  const answer = dataOf(result);
  if (!answer) return show(notice("bad", textOf(result) || say.failed));
  const records = objects(answer.records);
  const columns = columnsOf(records);
  const left = Number(answer.left_out ?? 0);
  const rules = Object.entries(isObject(answer.rules) ? answer.rules : {});
  const { matched } = answer;
  show(
    h(
      "header",
      {},
      h(
        "div",
        {},
        h("h1", {}, titleOf(String(args.resource ?? say.answer))),
        h(
          "p",
          { class: "quiet" },
          [
            typeof matched === "number" &&
            fill(say.matched, { count: format.number(matched) }),
            typeof answer.as_of === "string" &&
            fill(say.asOf, { time: format.time(answer.as_of) }),
          ].filter(Boolean).join(" · "),
        ),
      ),
    ),
    isGrouped() && drawing(records, columns),
    records.length === 0
      ? h("p", { class: "quiet" }, say.nothing)
      : table(records, columns),
    left > 0 &&
      h(
        "p",
        { class: "quiet" },
        fill(say.left, { count: format.number(left) }),
      ),
    rules.length > 0 && h(
      "details",
      {},
      h("summary", {}, say.rules),
      h(
        "ul",
        {},
        ...rules.map(([key, rule]) =>
          h("li", {}, `${titleOf(key)}: ${format.text(rule)}`)
        ),
      ),
    ),
  );
}

/** The names of the groups in the question. */
function groupsOf(): string[] {
  const { group_by: given } = args;
  return (Array.isArray(given) ? given.map(String) : String(given ?? "")
    .split(",")).map((name) => name.trim()).filter(Boolean);
}

const isGrouped = () => groupsOf().length > 0;

/** The chart of one measure, and a choice if there are several. */
function drawing(
  records: readonly Json[],
  columns: readonly Column[],
): HTMLElement | false {
  const { say } = format;
  const groups = groupsOf().length;
  const names = columns.slice(0, groups);
  const measures = columns.slice(groups).filter(({ isNumber }) => isNumber);
  if (records.length < 2 || measures.length === 0) return false;
  const idOf = ({ key, unit = "" }: Column) => `${key} ${unit}`;
  // What is the same for all groups says nothing as a chart.
  const isVaried = (one: Column) =>
    new Set(records.map((record) => cell(record, one))).size > 1;
  const chosen = measures.find((one) => idOf(one) === measured) ??
    measures.find(isVaried) ?? measures[0]!;
  const shown = (value: number) =>
    chosen.unit === undefined
      ? format.number(value)
      : format.money(value, chosen.unit, true);
  const bars: Bar[] = records.map((record) => ({
    name: names.map((one) => format.text(cell(record, one), one.key))
      .join(" · "),
    value: Number(cell(record, chosen) ?? 0),
  }));
  const isTime = groups === 1 && /:(day|week|month|quarter|year)$/.test(
    groupsOf()[0]!,
  );
  const choose = h(
    "select",
    {
      onchange: (event: Event) => {
        measured = (event.target as HTMLSelectElement).value;
        render();
        document.querySelector("select")?.focus();
      },
    },
    ...measures.map((one) =>
      h("option", { value: idOf(one), selected: one === chosen }, one.title)
    ),
  );
  return h(
    "figure",
    {},
    measures.length > 1 &&
      h("label", {}, h("span", { class: "quiet" }, say.measure), choose),
    measures.length === 1 &&
      h("figcaption", { class: "quiet" }, chosen.title),
    chart(bars, shown, { isTime, compare: format.compare }),
  );
}

function table(
  records: readonly Json[],
  columns: readonly Column[],
): HTMLElement {
  const sorted = sorting ? sort(records, columns[sorting.at]!) : records;
  return h(
    "div",
    {
      class: "scroll",
      tabindex: "0",
      role: "region",
      "aria-label": format.say.table,
    },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h("tr", {}, ...columns.map((column, at) => headOf(column, at))),
      ),
      h(
        "tbody",
        {},
        ...sorted.map((record) =>
          h("tr", {}, ...columns.map((column) => cellOf(record, column)))
        ),
      ),
    ),
  );
}

function cellOf(record: Json, column: Column): HTMLElement {
  const value = cell(record, column);
  const { unit, key, isNumber } = column;
  const currency = record.currency;
  const isMoney = typeof value === "number" && typeof currency === "string" &&
    /^(size|price|.*_price)$/.test(key);
  return h(
    "td",
    { class: isNumber ? "number" : /(^|_)id$/.test(key) ? "id" : undefined },
    value === undefined || value === null
      ? h("span", { class: "quiet" }, "–")
      : unit !== undefined
      ? format.money(value as number, unit)
      : isMoney
      ? format.money(value, currency)
      : format.value(value, key),
  );
}

function headOf({ title, isNumber }: Column, at: number): HTMLElement {
  const isSorted = sorting?.at === at;
  const isDown = isSorted && sorting!.isDown;
  return h(
    "th",
    {
      scope: "col",
      class: isNumber ? "number" : undefined,
      "aria-sort": isSorted ? isDown ? "descending" : "ascending" : "none",
    },
    h(
      "button",
      {
        type: "button",
        class: "sort",
        onclick: () => {
          // Numbers are most useful with the largest first.
          sorting = { at, isDown: isSorted ? !isDown : isNumber };
          render();
          document.querySelectorAll<HTMLElement>("th button")[at]?.focus();
        },
      },
      title,
      h("span", { "aria-hidden": "true" }, isSorted ? isDown ? "↓" : "↑" : "↕"),
    ),
  );
}

/** Sorts records; those without a value come last. */
function sort(records: readonly Json[], column: Column): Json[] {
  const direction = sorting!.isDown ? -1 : 1;
  return records.toSorted((a, b) => {
    const [x, y] = [cell(a, column), cell(b, column)];
    const isEmpty = (value: unknown) => value === undefined || value === null;
    if (isEmpty(x) || isEmpty(y)) {
      return Number(isEmpty(x)) - Number(isEmpty(y));
    }
    return direction * (typeof x === "number" && typeof y === "number"
      ? x - y
      // Dates sort as they are written in records, not as people read them.
      : format.compare(String(x), String(y)));
  });
}

await connect("answer", {
  onInput(given) {
    args = given;
    render();
  },
  onResult(given) {
    result = given;
    sorting = undefined;
    render();
  },
  onCancelled: () => show(notice("info", format.say.cancelledCall)),
  onContext(context) {
    format = formatOf(context);
    render();
  },
});
let width = innerWidth;
addEventListener("resize", () => {
  // A chart has the width of the page.
  if (innerWidth !== width) render();
  width = innerWidth;
});
