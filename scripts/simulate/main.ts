/**
 * Simulates many companies on real stores: `deno task simulate --help`.
 *
 * @module
 */
import { ConfigError } from "../../src/errors.ts";
import { noRedis } from "../../tests/support/redis.ts";
import { machine } from "../bench/ratio.ts";
import { start } from "../bench/shared.ts";
import { print, runCommand } from "../command.ts";
import { row } from "../figures.ts";
import { outlook, type Plan } from "./outlook.ts";
import { type Measured, measureStore } from "./phases.ts";
import { type StoreKind, type StoreName, STORES } from "./stores.ts";

/** The load that the outlook is for. */
const PLAN: Omit<Plan, "isSticky"> = {
  companies: 10_000,
  calls: 1_000,
  replicas: 10,
  updates: 0.1,
};

const costs = (...cells: string[]) => row([48, -14, -14, -12], ...cells);
const rates = (...cells: string[]) => row([48, -16, -16, -18], ...cells);

/** What single calls cost, as lines. */
function costLines({ title }: StoreKind, found: Measured): string[] {
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const [few, all] = found.heap;
  return [
    costs(title, "operations", "computing", "a core does"),
    ...Object.entries(found.costs).map(([name, { operations, cpu }]) =>
      costs(
        `  ${name}`,
        operations.toFixed(2),
        `${cpu.toFixed(2)} ms`,
        `${(1_000 / cpu).toFixed(0)}/s`,
      )
    ),
    ...(found.bytes === undefined
      ? []
      : [`  a company takes ${found.bytes.toFixed(0)} bytes in the store`]),
    ...(found.storeCpu === undefined ? [] : [
      `  an operation takes ${
        (found.storeCpu * 1_000).toFixed(0)
      } µs of the store's core`,
    ]),
    ...(found.commit === undefined
      ? []
      : [`  a write to the database took ${found.commit.toFixed(2)} ms`]),
    `  live objects of the server: ${mb(few)} with few companies, ${
      mb(all)
    } after all`,
  ];
}

/** What many replicas ask for, as lines. */
function outlookLines(
  all: readonly (readonly [StoreKind, Measured])[],
): string[] {
  const { companies, calls, replicas, updates } = PLAN;
  const lines = all.flatMap(([{ title }, found]) =>
    [false, true].flatMap((isSticky) =>
      [false, true].filter((withSettings) =>
        !withSettings || Object.keys(found.costs).includes(LIMITED)
      ).map((withSettings) => {
        const { operations, cores, storeCore } = outlook(
          found,
          { ...PLAN, isSticky },
          withSettings,
        );
        return rates(
          [
            `  ${title}`,
            isSticky ? "one replica a company" : "any replica",
            ...(withSettings ? ["all kept there"] : []),
          ].join(", "),
          `${operations.toFixed(0)}/s`,
          (cores / replicas).toFixed(2),
          storeCore === undefined ? "" : storeCore.toFixed(2),
        );
      })
    )
  );
  return [
    `Computed for ${companies} companies, ${calls} calls/s (${
      100 * updates
    } % updates), ${replicas} replicas:`,
    rates("", "operations", "cores a replica", "cores of the store"),
    ...lines,
  ];
}

const LIMITED = "read, limits counted in the store";

/** What these figures are not. */
const NOT_MEASURED =
  `Not measured here: Deno KV on Deno Deploy (this is a file on this machine), a
real Vault (a stand-in answered), the network between them, and how much
Qontak's API allows. Qontak answered at once; a real call waits for it, which
costs a replica memory but no computing.`;

/** The flags. */
const flags = {
  store: {
    type: "string",
    value: "STORE",
    help: `Simulate only one store: ${Object.keys(STORES).join(", ")}`,
  },
  companies: {
    type: "string",
    value: "N",
    help: "How many companies; 10000 by default, at most 100000",
  },
  ms: {
    type: "string",
    value: "N",
    help: "How long calls are repeated for each figure, in ms; 2000 by default",
  },
} as const;

if (import.meta.main) {
  await runCommand({
    task: "simulate",
    about:
      "Serves many companies with real servers on Redis, Deno KV and a stand-in for Vault, all on this machine, and prints what calls ask of each. It takes about two minutes.",
    flags,
    async run({ store, companies = "10000", ms = "2000" }) {
      const names = Object.keys(STORES) as StoreName[];
      const isWithin = (text: string, from: number, to: number) =>
        /^\d{1,6}$/.test(text) && Number(text) >= from && Number(text) <= to;
      const problems = [
        ...(store === undefined || store in STORES
          ? []
          : [`--store takes ${names.join(", ")}`]),
        ...(isWithin(companies, 16, 100_000)
          ? []
          : ["--companies takes 16 to 100000"]),
        ...(isWithin(ms, 50, 4_000) ? [] : ["--ms takes 50 to 4000"]),
      ];
      if (problems.length > 0) throw new ConfigError(problems);
      const chosen = names.filter((name) =>
        store === undefined || name === store
      );
      if (chosen.includes("redis") && noRedis) print(`No Redis: ${noRedis}`);
      await using upstream = await start("scripts/bench/upstream.ts");
      print(`${machine()}; ${companies} companies`);
      const all: [StoreKind, Measured][] = [];
      for (const name of chosen) {
        if (name === "redis" && noRedis) continue;
        const kind: StoreKind = STORES[name];
        const size = { companies: Number(companies), ms: Number(ms) };
        const found = await measureStore(kind, upstream.said, size);
        print(costLines(kind, found).join("\n"));
        all.push([kind, found]);
      }
      print([...outlookLines(all), NOT_MEASURED].join("\n"));
      return 0;
    },
  });
}
