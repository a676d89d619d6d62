/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * One stage of the board: its totals, and its deals as cards.
 *
 * @module
 */
import type { Json } from "./bridge.ts";
import { isObject } from "./data.ts";
import { h } from "./dom.ts";
import { DROPPED, makeDraggable } from "./drag.ts";
import type { Format } from "./format.ts";
import { fill } from "./words.ts";

/** A deal, as `query_records` answers with it. */
export interface Deal {
  readonly id: number;
  readonly name?: string;
  readonly size?: number;
  readonly currency?: string;
  readonly crm_stage_id?: number;
  readonly crm_stage_name?: string;
  readonly creator_name?: string;
  readonly company?: string;
  readonly age_days?: number;
}

/** A stage, with the totals of all its deals. */
export interface Stage {
  /** Undefined for deals whose stage is not one of the pipeline. */
  readonly id?: number;
  readonly name: string;
  /** The win probability, from 0 to 1; undefined if there is none. */
  readonly win?: number;
  readonly count: number;
  /** The sum of the values, by currency. */
  readonly value: Readonly<Record<string, number>>;
  /** The same, each by its win probability. */
  readonly weighted: Readonly<Record<string, number>>;
}

/** What a column needs of the board. */
export interface Board {
  readonly format: Format;
  /** Whether only some deals are shown. */
  readonly isSearch: boolean;
  open(deal: Deal): void;
  /** Moves a deal that many stages to the right. */
  move(deal: Deal, by: number): void;
  /** The deal of that id was dropped here. */
  drop(id: string): void;
}

/**
 * The stages in their order, with their totals. Deals of other stages get a
 * stage of their own.
 */
export function stageOf(
  listed: readonly Json[],
  totals: readonly Json[],
  other: string,
): Stage[] {
  const amounts = (value: unknown) =>
    (isObject(value) ? value : {}) as Record<string, number>;
  const totalOf = (row: Json = {}) => ({
    count: Number(row.count ?? 0),
    value: amounts(row["sum:size"]),
    weighted: amounts(row["weighted:size"]),
  });
  const stages = listed.map(({ id, name, win_probability: win }): Stage => ({
    id: Number(id),
    name: String(name),
    ...(win === undefined || win === null ? {} : { win: Number(win) }),
    ...totalOf(totals.find((row) => row.crm_stage_id === Number(id))),
  }));
  const strays = totals.filter(({ crm_stage_id: id }) =>
    !stages.some((stage) => stage.id === id)
  );
  return strays.length === 0 ? stages : [...stages, {
    name: other,
    ...strays.map(totalOf).reduce((a, b) => ({
      count: a.count + b.count,
      value: sum(a.value, b.value),
      weighted: sum(a.weighted, b.weighted),
    })),
  }];
}

function sum(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const all = { ...a };
  for (const [unit, amount] of Object.entries(b)) {
    all[unit] = (all[unit] ?? 0) + amount;
  }
  return all;
}

/** The element of a stage. */
export function element(
  stage: Stage,
  deals: readonly Deal[],
  board: Board,
): HTMLElement {
  const { format, isSearch } = board;
  const { say } = format;
  const { name, win, count } = stage;
  const amounts = (all: Readonly<Record<string, number>>) =>
    Object.entries(all).map(([unit, amount]) =>
      format.money(amount, unit, true)
    ).join(" + ");
  const value = amounts(stage.value);
  const kind = win === 1 ? "won" : win === 0 ? "lost" : "open";
  const list = h(
    "div",
    { class: "cards" },
    ...deals.map((deal, i) => card(deal, i === 0, board)),
    deals.length === 0 &&
      h(
        "p",
        { class: "quiet none" },
        isSearch && count > 0 ? say.noneFound : say.noDeals,
      ),
  );
  const column = h(
    "section",
    { class: `stage ${kind}`, "aria-label": name },
    h(
      "header",
      {},
      h(
        "h2",
        {},
        h("span", {}, name),
        h(
          "span",
          {
            class: "count",
            "aria-label": count === 1 ? say.deal : fill(say.deals, { count }),
          },
          count,
        ),
      ),
      h(
        "p",
        { class: "sum" },
        h("b", {}, value || say.noValue),
        win !== undefined && h(
          "span",
          { class: "quiet" },
          fill(say.win, { percent: `${Math.round(win * 100)}%` }),
        ),
      ),
      h(
        "p",
        { class: "quiet" },
        value ? `${say.weighted} ${amounts(stage.weighted) || "–"}` : "\u00a0",
      ),
    ),
    list,
  );
  if (stage.id !== undefined) {
    column.classList.add("takes");
    column.addEventListener(
      DROPPED,
      (event) => board.drop((event as CustomEvent<string>).detail),
    );
  }
  list.addEventListener("keydown", (event) => walk(event, list));
  return column;
}

function card(deal: Deal, isFirst: boolean, board: Board): HTMLElement {
  const { format } = board;
  const { id, name, size, currency, company, creator_name: owner } = deal;
  const { age_days: age } = deal;
  const shown = h(
    "article",
    {
      class: "card",
      role: "button",
      // One stop a column: arrow keys choose among its deals.
      tabindex: isFirst ? 0 : -1,
      "data-id": id,
      "aria-keyshortcuts": "Enter Shift+ArrowLeft Shift+ArrowRight",
      onclick: () => board.open(deal),
      onkeydown: (event: KeyboardEvent) => {
        const isMove = event.shiftKey &&
          (event.key === "ArrowLeft" || event.key === "ArrowRight");
        if (!isMove && event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        event.stopPropagation();
        if (isMove) board.move(deal, event.key === "ArrowLeft" ? -1 : 1);
        else board.open(deal);
      },
    },
    h("strong", {}, String(name ?? id)),
    company !== undefined && h("span", { class: "quiet" }, company),
    h(
      "span",
      { class: "foot" },
      h(
        "b",
        {},
        size === undefined
          ? h("span", { class: "quiet" }, format.say.noValue)
          : currency === undefined
          ? format.number(size)
          : format.money(size, currency),
      ),
      age !== undefined &&
        h(
          "span",
          { class: "quiet", title: format.say.age },
          fill(format.say.days, { count: age }),
        ),
    ),
    owner !== undefined && h("span", { class: "quiet owner" }, owner),
  );
  makeDraggable(shown, String(id));
  return shown;
}

/** Arrow keys go to the next card, up, down, and in the next columns. */
function walk(event: KeyboardEvent, list: HTMLElement): void {
  const cards = (from: Element | null | undefined) =>
    from ? [...from.querySelectorAll<HTMLElement>(".card")] : [];
  const own = cards(list);
  const at = own.indexOf(document.activeElement as HTMLElement);
  const column = list.closest(".stage")!;
  const beside = (step: "previousElementSibling" | "nextElementSibling") => {
    let other = column[step];
    while (other && cards(other).length === 0) other = other[step];
    const found = cards(other);
    return found[Math.min(at, found.length - 1)];
  };
  const steps: Readonly<Record<string, () => HTMLElement | undefined>> = {
    ArrowDown: () => own[at + 1],
    ArrowUp: () => own[at - 1],
    Home: () => own[0],
    End: () => own.at(-1),
    ArrowLeft: () => beside("previousElementSibling"),
    ArrowRight: () => beside("nextElementSibling"),
  };
  const next = event.shiftKey ? undefined : steps[event.key]?.();
  if (!next) return;
  event.preventDefault();
  for (const one of cards(next.closest(".stage"))) one.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
}
