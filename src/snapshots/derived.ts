/**
 * Fields that are computed from others: state, overdue, ages, company and
 * contact.
 *
 * @module
 */
import type { Option } from "../fields/options.ts";
import type { Stage } from "../fields/setup.ts";
import { show } from "../values/json.ts";
import { fold } from "../values/words.ts";
import { DAY, toEpoch } from "./moments.ts";
import type { FieldKind, QueryField, Read, Subject } from "./subject.ts";

/** Makes the same reader; it reads a list of one as that one. */
export function single(read: Read): Read {
  return (column) => {
    const value = read(column);
    return (row) => {
      const found = value(row);
      return Array.isArray(found) && found.length === 1 ? found[0] : found;
    };
  };
}

/** The state of a record: open, or how it ended. */
export type State = "open" | "won" | "lost" | "closed";

/**
 * Words that name a final stage, for stages without a probability in Qontak.
 */
const ENDINGS: Readonly<Record<string, State>> = {
  won: "won",
  menang: "won",
  "closed won": "won",
  lost: "lost",
  kalah: "lost",
  "closed lost": "lost",
  closed: "closed",
  ditutup: "closed",
  tutup: "closed",
  resolved: "closed",
  solved: "closed",
  selesai: "closed",
  done: "closed",
};

/** The id of the task status for completed tasks. */
const COMPLETED = "4";

/**
 * Makes a function that finds the state of a record; undefined if this kind of
 * record has no state.
 */
function stateOf(
  { resource, stages, table }: Subject,
  read: Read,
): Pick<QueryField, "value" | "rule" | "options"> | undefined {
  const decisive = resource.name === "task"
    ? "crm_task_status_id"
    : resource.place?.stage;
  if (decisive === undefined || !table.shows(decisive)) return undefined;
  if (resource.name === "task") {
    const status = read(decisive);
    return {
      options: stateOptions([], false),
      rule: "closed: the task's status is Completed; open: any other",
      value: (row) => String(status(row)) === COMPLETED ? "closed" : "open",
    };
  }
  const stage = read(decisive);
  const isDeal = resource.name === "deal";
  const states = statesOf(stages, isDeal);
  return {
    options: stateOptions(states.values(), isDeal),
    rule: isDeal
      ? "won and lost: the stage's win probability is 100 % or 0 %; open: any other"
      : `closed: the stage is called ${
        stages.filter(({ id }) => states.get(String(id)) === "closed")
          .map(({ name }) => show(name)).filter((name, i, all) =>
            all.indexOf(name) === i
          ).join(" or ") || "Closed"
      }; open: any other`,
    value: (row) => states.get(String(stage(row))) ?? "open",
  };
}

/**
 * The states that records can have, to choose from.
 *
 * @param states The states of the stages.
 * @param isDeal Whether they are stages of deals.
 */
export function stateOptions(
  states: Iterable<State>,
  isDeal: boolean,
): readonly Option[] {
  const usual: State[] = isDeal ? ["open", "won", "lost"] : ["open", "closed"];
  return [...new Set([...usual, ...states])].map((name) => ({
    id: null,
    name,
  }));
}

/**
 * The state of a record in each stage, by the stage's id.
 *
 * @param stages The stages.
 * @param isDeal Whether they are stages of deals.
 */
export function statesOf(
  stages: readonly Stage[],
  isDeal: boolean,
): ReadonlyMap<string, State> {
  return new Map(
    stages.map(({ id, name, probability }): [string, State] => {
      const word = ENDINGS[fold(name)];
      if (!isDeal) return [String(id), word ? "closed" : "open"];
      const chance = probability === undefined ? NaN : Number(probability);
      return [
        String(id),
        chance === 1 ? "won" : chance === 0 ? "lost" : word ?? "open",
      ];
    }),
  );
}

/** The fields for what records belong to, with the columns of names and ids. */
const LINKED = [
  ["company", "crm_company_name", "crm_company_id"],
  ["contact", "crm_lead_name", "crm_lead_ids"],
  ["contact", "crm_lead_names", "crm_lead_ids"],
  ["contact", "crm_person_full_name", "crm_person_id"],
  ["contact", "crm_person_name", "crm_person_id"],
] as const;

/** What the age is of what has ended, where that could be mistaken. */
const AGE_RULE =
  "days from its creation until today, also of what has ended before";

/** What a day is since the last update. */
const UPDATE_RULE = "full days of 24 hours since the last update";

/** Fields that are not on a record but can be derived from it. */
export function derivedOf(
  subject: Subject,
  read: Read,
): Record<string, QueryField> {
  const { now, zone, table } = subject;
  const found: Record<string, QueryField> = {};
  const put = (
    name: string,
    kind: FieldKind,
    value: QueryField["value"],
    more: Partial<QueryField> = {},
  ) => found[name] = { name, called: name, kind, value, shown: value, ...more };

  const since = (column: string) => {
    const at = read(column);
    return (row: number) => {
      const epoch = toEpoch(at(row), zone);
      return epoch === undefined
        ? undefined
        : Math.max(0, Math.floor((now - epoch) / DAY));
    };
  };
  const state = stateOf(subject, read);
  for (
    const [name, column, rule] of [
      ["age_days", "created_at", state && AGE_RULE],
      ["days_since_update", "updated_at", UPDATE_RULE],
    ] as const
  ) {
    if (
      Object.hasOwn(subject.resource.shows, column) && table.shows(column)
    ) {
      put(name, "number", since(column), rule === undefined ? {} : { rule });
    }
  }

  if (state) put("state", "text", state.value, state);

  if (
    Object.hasOwn(subject.resource.endpoints.create.body, "due_date") &&
    table.shows("due_date")
  ) {
    const due = read("due_date");
    const today = zone.startOf(zone.dayOf(now));
    /** How many whole days it is overdue; undefined if it is not overdue. */
    const days = (row: number) => {
      const epoch = toEpoch(due(row), zone);
      if (epoch === undefined || state?.value(row) === "closed") {
        return undefined;
      }
      const day = zone.startOf(zone.dayOf(epoch));
      // A due date without a time lasts until the end of its day.
      const isLate = day === epoch ? day < today : epoch < now;
      return isLate ? Math.round((today - day) / DAY) : undefined;
    };
    put("overdue", "flag", (row) => days(row) !== undefined, {
      rule:
        "past its due date and not closed; a due date without a time lasts until the end of its day",
    });
    put("days_overdue", "number", days);
  }
  for (const [name, column, id] of LINKED) {
    const isKnown = table.column(column) !== undefined ||
      table.size > 0 && table.shows(column);
    if (!isKnown || name in found) continue;
    if (!table.shows(id)) {
      put(name, "text", read(column));
      continue;
    }
    // Two companies, and two people, can have one name.
    const isList = id.endsWith("s");
    const reader = isList ? read : single(read);
    put(name, isList ? "list" : "option", reader(id), {
      key: id,
      beside: { id, name },
      shown: reader(column),
    });
  }
  return found;
}
