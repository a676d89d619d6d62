/**
 * The tables of a simulation, for the terminal and for OPERATIONS.md.
 *
 * @module
 */
import { markdownTable, row } from "../figures.ts";
import { outlook, type Plan } from "./outlook.ts";
import { type Cost, type Measured, SETTINGS, STEPS } from "./shared.ts";

/** A simulation: what `scripts/simulate/result.json` holds. */
export interface Result {
  /** The day, such as 2026-11-27. */
  readonly date: string;
  /** The machine, in words. */
  readonly machine: string;
  readonly companies: number;
  /** What was measured, by the name of the store. */
  readonly stores: Readonly<Record<string, Measured>>;
}

/** The load that the second table is for. */
const PLAN = {
  companies: 10_000,
  calls: 1_000,
  replicas: 10,
  updates: 0.1,
} as const;

/** The ways to serve that load. */
const WAYS: Readonly<Record<string, Pick<Plan, "isSticky" | "isAllKept">>> = {
  "calls reach any replica": { isSticky: false, isAllKept: false },
  "any replica; limits, audit and undo there too": {
    isSticky: false,
    isAllKept: true,
  },
  "a company's calls reach the same replica": {
    isSticky: true,
    isAllKept: false,
  },
};

/** A table of texts. */
interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** What is not known, or does not exist. */
const NONE = "–";

const costText = ({ operations, cpu }: Cost): string =>
  `${Number(operations.toFixed(2))}, ${cpu.toFixed(2)} ms`;

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`;

/** A value of one store as text; undefined if it has none. */
type Figure = (found: Measured) => string | undefined;

/** The rows below the costs of calls. */
const FURTHER: Readonly<Record<string, Figure>> = {
  "a company in the store": ({ bytes }) =>
    bytes === undefined ? undefined : `${bytes.toFixed(0)} bytes`,
  "computing of the store for one operation": ({ storeCpu }) =>
    storeCpu === undefined ? undefined : `${(1_000 * storeCpu).toFixed(0)} µs`,
  "live objects of the server: few companies": ({ heap: [few] }) => mb(few),
  "live objects of the server: all of them": ({ heap: [, all] }) => mb(all),
  "resident memory of the server: all of them": ({ rss }) => mb(rss),
};

/** A row of a table with a column for each store. */
const rowOf = ({ stores }: Result, name: string, figure: Figure) => [
  name,
  ...Object.values(stores).map((found) => figure(found) ?? NONE),
];

/** What single calls cost. */
function costTable(result: Result): Table {
  const names = [
    ...Object.values(STEPS),
    ...SETTINGS.flatMap((name) => [`read, ${name}`, `update, ${name}`]),
  ];
  return {
    head: ["operations, computing", ...Object.keys(result.stores)],
    rows: [
      ...names.map((name) =>
        rowOf(
          result,
          name,
          ({ costs: { [name]: cost } }) => cost && costText(cost),
        )
      ),
      ...Object.entries(FURTHER).map(([name, figure]) =>
        rowOf(result, name, figure)
      ),
    ],
  };
}

/** What many replicas ask for. */
function outlookTable({ stores }: Result): Table {
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const rows = Object.entries(WAYS).flatMap(([name, way]) =>
    Object.entries(stores).filter(([, { costs }]) =>
      !way.isAllKept || SETTINGS.some((setting) => `read, ${setting}` in costs)
    ).map(([title, found]) => {
      const { operations, replica, store, full } = outlook(found, {
        ...PLAN,
        ...way,
      });
      return [
        `${title}: ${name}`,
        `${operations.toFixed(0)}/s`,
        percent(replica),
        store === undefined ? NONE : percent(store),
        `${(full / 1_000).toFixed(1)}k calls/s`,
      ];
    })
  );
  const { companies, calls, replicas, updates } = PLAN;
  return {
    head: [
      `${companies} companies, ${calls} calls/s, ${
        percent(updates)
      } of them updates, ${replicas} replicas`,
      "operations",
      "a replica's core",
      "the store's core",
      "first full at",
    ],
    rows,
  };
}

const tablesOf = (result: Result): readonly Table[] => [
  costTable(result),
  outlookTable(result),
];

/** The tables for the terminal. */
export function printed(result: Result): string {
  return tablesOf(result).map(({ head, rows }) => {
    const first = Math.max(...[head, ...rows].map(([name]) => name!.length));
    return [head, ...rows].map((cells) =>
      row([first + 2, 18], ...cells).trimEnd()
    ).join("\n");
  }).join("\n\n");
}

/** The tables for OPERATIONS.md. */
export function carriesTables(result: Result): string {
  const { date, machine, companies } = result;
  return [
    `Measured on ${date} with ${companies} companies (${machine}):`,
    ...tablesOf(result).map(({ head, rows }) => markdownTable(head, rows)),
  ].join("\n\n");
}
