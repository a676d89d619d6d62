/**
 * Compares answers to generated questions with a second computation, over the
 * sandbox's own state. It shares no code with the server: dates are computed
 * with a fixed offset, and amounts as whole hundredths.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { createWorld as createData } from "../../src/sandbox/data/world.ts";
import type { Deal } from "../../src/sandbox/records.ts";
import { createWorld } from "../support/world.ts";

// deno-lint-ignore no-explicit-any -- tests look into answers freely
type Data = any;

const DEALS = 400;
const data = createData(1, { deals: DEALS, contacts: 40 });
const deals = [...data.deals.values()];
const HOUR = 60 * 60 * 1_000;
const DAY = 24 * HOUR;

/** The first moment of a day in Jakarta. */
const dawn = (year: number, month: number, day: number) =>
  Date.UTC(year, month - 1, day) - 7 * HOUR;
/** Year, month, day and weekday (Monday is 0) in Jakarta. */
function partsOf(at: number) {
  const local = new Date(at + 7 * HOUR);
  return {
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    day: local.getUTCDate(),
    weekday: (local.getUTCDay() + 6) % 7,
  };
}

const two = (number: number) => String(number).padStart(2, "0");

/** Periods, as they are written and as they are meant. */
function periodsAt(now: number): readonly [string, number, number][] {
  const { year, month, day, weekday } = partsOf(now);
  const quarter = Math.floor((month - 1) / 3) * 3 + 1;
  return [
    ["today", dawn(year, month, day), dawn(year, month, day + 1)],
    ["yesterday", dawn(year, month, day - 1), dawn(year, month, day)],
    ["-21d", dawn(year, month, day - 21), dawn(year, month, day - 20)],
    ["-3w", dawn(year, month, day - 21), dawn(year, month, day - 20)],
    [
      "this_week",
      dawn(year, month, day - weekday),
      dawn(year, month, day - weekday + 7),
    ],
    [
      "last_week",
      dawn(year, month, day - weekday - 7),
      dawn(year, month, day - weekday),
    ],
    ["this_month", dawn(year, month, 1), dawn(year, month + 1, 1)],
    ["last_month", dawn(year, month - 1, 1), dawn(year, month, 1)],
    ["this_quarter", dawn(year, quarter, 1), dawn(year, quarter + 3, 1)],
    ["last_quarter", dawn(year, quarter - 3, 1), dawn(year, quarter, 1)],
    ["2026", dawn(2026, 1, 1), dawn(2027, 1, 1)],
    ["2026-10", dawn(2026, 10, 1), dawn(2026, 11, 1)],
    ["2026-11", dawn(2026, 11, 1), dawn(2026, 12, 1)],
    ["2026-10-15", dawn(2026, 10, 15), dawn(2026, 10, 16)],
    ["15/11/2026", dawn(2026, 11, 15), dawn(2026, 11, 16)],
  ];
}

const stages = new Map(data.stages.map((stage) => [stage.id, stage]));
const users = new Map(data.users.map(({ id, name }) => [id, name]));
const stageOf = ({ values }: Deal) =>
  stages.get(values.crm_stage_id as number)!;
const pipelineOf = ({ values }: Deal) =>
  data.pipelines.find(({ id }) => id === values.crm_pipeline_id)!.name;
const stateOf = (deal: Deal) =>
  ({ "1.00": "won", "0.00": "lost" })[stageOf(deal).win_probability] ?? "open";
const ownerOf = ({ values }: Deal) => users.get(values.creator_id as number)!;
const sizeOf = ({ values }: Deal) => values.size as number | null;

const DATES: Readonly<Record<string, (deal: Deal) => number | null>> = {
  closed_date: ({ values }) => values.closed_date as number | null,
  created_at: ({ createdAt }) => createdAt,
  updated_at: ({ updatedAt }) => updatedAt,
};

interface Condition {
  readonly sent: Data;
  readonly holds: (deal: Deal) => boolean;
}

const compare: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
  eq: (a, b) => a === b,
};

const sizes = deals.map(sizeOf).filter((size) => size !== null);
const anySize = fc.constantFrom(...sizes, 0, 5_000_000, 12_345_678);

/** Differently written, but the same. */
const disguised = (text: string) =>
  fc.constantFrom(text, text.toUpperCase(), text.toLowerCase(), ` ${text} `);

const byName = (
  field: string,
  of: (deal: Deal) => string,
): fc.Arbitrary<Condition> => {
  const names = [...new Set(deals.map(of))];
  return fc.tuple(
    fc.constantFrom("eq", "ne", "in"),
    fc.uniqueArray(fc.constantFrom(...names), { minLength: 1, maxLength: 3 }),
  ).map(([op, value]) => ({
    sent: { field, op, value },
    holds: (deal: Deal) => value.includes(of(deal)) !== (op === "ne"),
  }));
};

/** Conditions; the clock is read when they are checked. */
function conditionAt(clock: { now: number }): fc.Arbitrary<Condition> {
  const bySize = fc.tuple(fc.constantFrom(...Object.keys(compare)), anySize)
    .map(([op, value]): Condition => ({
      sent: { field: "size", op, value },
      holds: (deal) => {
        const size = sizeOf(deal);
        return size !== null && compare[op]!(size, value);
      },
    }));
  const between = fc.tuple(anySize, anySize).map((ends) =>
    ends.toSorted((a, b) => a - b) as typeof ends
  ).map(([from, to]): Condition => ({
    sent: { field: "size", op: "between", value: [from, to] },
    holds: (deal) => {
      const size = sizeOf(deal);
      return size !== null && size >= from && size <= to;
    },
  }));
  const byDate = fc.tuple(
    fc.constantFrom(...Object.keys(DATES)),
    fc.constantFrom(...Object.keys(compare)),
    fc.constantFrom(...periodsAt(clock.now)),
  ).map(([field, op, [value, start, end]]): Condition => ({
    sent: { field, op, value },
    holds(deal) {
      const at = DATES[field]!(deal);
      if (at === null) return false;
      return {
        gt: at >= end,
        gte: at >= start,
        lt: at < start,
        lte: at < end,
        eq: at >= start && at < end,
      }[op]!;
    },
  }));
  const byText = fc.tuple(
    fc.constantFrom("contains", "starts_with"),
    fc.constantFrom(...deals.map(({ values }) => values.name as string)),
    fc.nat(),
    fc.integer({ min: 2, max: 9 }),
  ).chain(([op, name, from, length]) => {
    const start = op === "contains" ? from % name.length : 0;
    const part = name.slice(start, start + length).trim() || name;
    return disguised(part).map((value): Condition => ({
      sent: { field: "name", op, value },
      holds({ values }) {
        const own = (values.name as string).toLowerCase();
        const wanted = part.toLowerCase();
        return op === "contains"
          ? own.includes(wanted)
          : own.startsWith(wanted);
      },
    }));
  });
  const present = fc.tuple(
    fc.constantFrom("is_set", "is_empty"),
    fc.constantFrom<[string | number, (deal: Deal) => unknown]>(
      ["size", sizeOf],
      ["closed_date", DATES.closed_date!],
      [6204146, ({ custom }) => custom.get(6204146)],
      [6204181, ({ custom }) => custom.get(6204181)],
    ),
  ).map(([op, [field, of]]): Condition => ({
    sent: { field, op },
    holds: (deal) => (of(deal) == null) === (op === "is_empty"),
  }));
  const byCustom = fc.tuple(
    fc.constantFrom(...Object.keys(compare)),
    fc.integer({ min: 0, max: 2_000 }),
  ).map(([op, value]): Condition => ({
    sent: { field: 6204146, op, value },
    holds({ custom }) {
      const own = custom.get(6204146);
      return own !== undefined && compare[op]!(Number(own), value);
    },
  }));
  const byAge = fc.tuple(
    fc.constantFrom<[string, (deal: Deal) => number]>(
      ["age_days", ({ createdAt }) => createdAt],
      ["days_since_update", ({ updatedAt }) => updatedAt],
    ),
    fc.constantFrom(...Object.keys(compare)),
    fc.integer({ min: 0, max: 70 }),
  ).map(([[field, at], op, value]): Condition => ({
    sent: { field, op, value },
    holds: (deal) =>
      compare[op]!(
        Math.max(0, Math.floor((clock.now - at(deal)) / DAY)),
        value,
      ),
  }));
  return fc.oneof(
    bySize,
    between,
    byDate,
    byText,
    present,
    byCustom,
    byAge,
    byName("stage", (deal) => stageOf(deal).name),
    byName("crm_pipeline_id", pipelineOf),
    byName("creator_id", ownerOf),
    byName("state", stateOf),
    byName("currency", ({ values }) => values.currency as string),
  );
}

/** The names of calendar units. */
function unitOf(at: number, unit: string): string {
  const { year, month, day, weekday } = partsOf(at);
  switch (unit) {
    case "day":
      return `${year}-${two(month)}-${two(day)}`;
    case "week": {
      const thursday = new Date(Date.UTC(year, month - 1, day - weekday + 3));
      const first = Date.UTC(thursday.getUTCFullYear(), 0, 1);
      const week = Math.floor((thursday.getTime() - first) / (7 * DAY)) + 1;
      return `${thursday.getUTCFullYear()}-W${two(week)}`;
    }
    case "month":
      return `${year}-${two(month)}`;
    case "quarter":
      return `${year}-Q${Math.ceil(month / 3)}`;
    default:
      return String(year);
  }
}

const KEYS: Readonly<Record<string, (deal: Deal) => unknown>> = {
  crm_stage_id: (deal) => stageOf(deal).name,
  crm_pipeline_id: pipelineOf,
  creator_id: ownerOf,
  state: stateOf,
  currency: ({ values }) => values.currency,
  ...Object.fromEntries(
    Object.entries(DATES).flatMap(([field, of]) =>
      ["day", "week", "month", "quarter", "year"].map((unit) => [
        `${field}:${unit}`,
        (deal: Deal) => {
          const at = of(deal);
          return at === null ? null : unitOf(at, unit);
        },
      ])
    ),
  ),
};

/** The ids that groups show beside the names. */
const IDS: Readonly<Record<string, (deal: Deal) => unknown>> = Object
  .fromEntries(
    ["crm_stage_id", "crm_pipeline_id", "creator_id"]
      .map((key) => [key, ({ values }) => values[key]]),
  );

/** The column of a group's name beside its id. */
const nameKeyOf = (key: string) =>
  key in IDS ? key.replace(/_id$/, "_name") : undefined;

const MEASURES = [
  "count",
  "sum:size",
  "avg:size",
  "min:size",
  "max:size",
  "weighted:size",
  "min:created_at",
  "max:closed_date",
];

/** Whole hundredths, so that nothing is rounded. */
const hundredths = (size: number) => BigInt(Math.round(size * 100));

/** What an amount in an answer is, in 1/10,000. */
function fine(shown: unknown): bigint {
  const [whole = "", rest = ""] = String(shown).split(".");
  return BigInt(whole + rest.padEnd(4, "0").slice(0, 4));
}

function checkMeasure(
  measure: string,
  group: Data,
  own: readonly Deal[],
): void {
  const shown = group[measure];
  if (measure === "count") return assertEquals(shown, own.length);
  const [kind, field] = measure.split(":") as [string, string];
  if (field !== "size") {
    const times = own.map(DATES[field]!).filter((at) => at !== null);
    const best = kind === "min" ? Math.min(...times) : Math.max(...times);
    assertEquals(
      shown === null ? null : Date.parse(shown),
      times.length === 0 ? null : best,
    );
    assertEquals(group[`without_${field}`] ?? 0, own.length - times.length);
    return;
  }
  assertEquals(
    group.without_size ?? 0,
    own.filter((deal) => sizeOf(deal) === null).length,
  );
  const valued = own.filter((deal) => sizeOf(deal) !== null);
  const currencies = new Set(valued.map(({ values }) => values.currency));
  assertEquals(Object.keys(shown).toSorted(), [...currencies].toSorted());
  for (const currency of currencies) {
    const some = valued.filter(({ values }) => values.currency === currency);
    const amounts = some.map((deal) => hundredths(sizeOf(deal)!));
    const sum = amounts.reduce((a, b) => a + b, 0n);
    const value = shown[currency as string];
    switch (kind) {
      case "sum":
        assertEquals(fine(value), sum * 100n);
        break;
      case "avg": {
        // The sum of that many averages is off by less than a ten-thousandth
        // of each.
        const back = fine(value) * BigInt(some.length);
        const off = back - sum * 100n;
        assert(off <= BigInt(some.length) && -off <= BigInt(some.length));
        break;
      }
      case "weighted":
        assertEquals(
          fine(value),
          some.reduce(
            (total, deal) =>
              total + hundredths(sizeOf(deal)!) *
                BigInt(Math.round(Number(stageOf(deal).win_probability) * 100)),
            0n,
          ),
        );
        break;
      default: {
        const sorted = amounts.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        const best = kind === "min" ? sorted[0]! : sorted.at(-1)!;
        assertEquals(fine(value), best * 100n);
      }
    }
  }
}

Deno.test("query_records answers generated questions as a second computation does", async () => {
  await using world = await createWorld({ deals: DEALS, contacts: 40 });
  const clock = { now: Date.now() };
  await fc.assert(
    fc.asyncProperty(
      fc.array(conditionAt(clock), { maxLength: 3 }),
      fc.uniqueArray(fc.constantFrom(...Object.keys(KEYS)), { maxLength: 2 }),
      fc.uniqueArray(fc.constantFrom(...MEASURES), {
        minLength: 1,
        maxLength: 4,
      }),
      async (conditions, keys, measures) => {
        clock.now = Date.now();
        const { records, matched, left_out = 0, records_read } = await world.ok(
          "query_records",
          {
            resource: "deals",
            where: conditions.map(({ sent }) => sent),
            group_by: keys,
            measures,
            limit: 500,
          },
        );
        const own = deals.filter((deal) =>
          conditions.every(({ holds }) => holds(deal))
        );
        assertEquals([matched, records_read], [own.length, DEALS]);
        const groups = new Map<string, Deal[]>();
        if (keys.length === 0) groups.set("[]", []);
        for (const deal of own) {
          const key = JSON.stringify(keys.map((one) => KEYS[one]!(deal)));
          groups.set(key, [...groups.get(key) ?? [], deal]);
        }
        assertEquals(records.length + left_out, groups.size);
        for (const group of records) {
          const key = JSON.stringify(
            keys.map((one) => group[nameKeyOf(one) ?? one] ?? null),
          );
          assert(groups.has(key), `no group ${key}`);
          for (const one of keys.filter((one) => one in IDS)) {
            assertEquals(
              [group[one]].flat().toSorted(),
              [...new Set(groups.get(key)!.map(IDS[one]!))].toSorted(),
            );
          }
          for (const measure of measures) {
            checkMeasure(measure, group, groups.get(key)!);
          }
          groups.delete(key);
        }
        assertEquals(groups.size, left_out);
      },
    ),
    { numRuns: 250 },
  );
});

Deno.test("query_records finds the same deals as a second computation, in the order asked for", async () => {
  await using world = await createWorld({ deals: DEALS, contacts: 40 });
  const clock = { now: Date.now() };
  await fc.assert(
    fc.asyncProperty(
      fc.array(conditionAt(clock), { maxLength: 2 }),
      fc.constantFrom("size", "-size", "closed_date", "-created_at"),
      fc.integer({ min: 1, max: 100 }),
      async (conditions, sort, limit) => {
        clock.now = Date.now();
        const { records, matched, left_out = 0 } = await world.ok(
          "query_records",
          {
            resource: "deals",
            where: conditions.map(({ sent }) => sent),
            fields: ["size"],
            sort,
            limit,
          },
        );
        const own = deals.filter((deal) =>
          conditions.every(({ holds }) => holds(deal))
        );
        assertEquals([matched, left_out], [
          own.length,
          Math.max(0, own.length - limit),
        ]);
        const name = sort.replace("-", "");
        const value = (deal: Deal) =>
          name === "size" ? sizeOf(deal) : DATES[name]!(deal);
        // Those without a value come last.
        const expected = own.map(value).toSorted((a, b) =>
          a === null || b === null
            ? Number(a === null) - Number(b === null)
            : sort.startsWith("-")
            ? b - a
            : a - b
        );
        const found = records.map(({ id }: Data) => value(data.deals.get(id)!));
        assertEquals(found, expected.slice(0, limit));
      },
    ),
    { numRuns: 100 },
  );
});
