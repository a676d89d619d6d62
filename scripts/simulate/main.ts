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
import { root } from "../program.ts";
import { measureStore } from "./phases.ts";
import { printed, type Result } from "./report.ts";
import type { Measured } from "./shared.ts";
import { type StoreKind, type StoreName, STORES } from "./stores.ts";

/** The kept simulation, which OPERATIONS.md shows. */
const KEPT = "scripts/simulate/result.json";

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
    help: "How long calls are repeated for each figure, in ms; 1000 by default",
  },
  keep: {
    type: "boolean",
    help:
      `Write the figures to ${KEPT}; deno task docs then puts them into OPERATIONS.md`,
  },
} as const;

if (import.meta.main) {
  await runCommand({
    task: "simulate",
    about:
      "Serves many companies with real servers on Redis, Deno KV and a stand-in for Vault, all on this machine, and prints what calls ask of each. It takes about two minutes.",
    flags,
    async run({ store, companies = "10000", ms = "1000", keep }) {
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
        ...(isWithin(ms, 50, 1_000) ? [] : ["--ms takes 50 to 1000"]),
        ...(keep && (store !== undefined || noRedis)
          ? ["--keep needs all stores"]
          : []),
      ];
      if (problems.length > 0) throw new ConfigError(problems);
      const chosen = names.filter((name) =>
        store === undefined || name === store
      ).filter((name) => {
        const isMissing = name === "redis" && noRedis !== "";
        if (isMissing) print(`Without Redis: ${noRedis}`);
        return !isMissing;
      });
      await using upstream = await start("scripts/bench/upstream.ts");
      print(`${machine()}; ${companies} companies`);
      const stores: Record<string, Measured> = {};
      for (const name of chosen) {
        const kind: StoreKind = STORES[name];
        const size = { companies: Number(companies), ms: Number(ms) };
        print(`${kind.title} …`);
        stores[kind.title] = await measureStore(kind, upstream.said, size);
      }
      const result: Result = {
        date: new Date().toISOString().slice(0, 10),
        machine: machine(),
        companies: Number(companies),
        stores,
      };
      if (keep) {
        const text = `${JSON.stringify(result, null, 2)}\n`;
        await Deno.writeTextFile(`${root}${KEPT}`, text);
      }
      return print([printed(result), NOT_MEASURED].join("\n"));
    },
  });
}
