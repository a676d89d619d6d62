/**
 * What a load is to be, from the command line.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { ConfigError } from "../../src/errors.ts";
import { readWhole } from "../../src/app/variables.ts";

/** What a load is to be. */
export interface Plan {
  /** How long, in seconds. */
  readonly seconds: number;
  /** How many companies. */
  readonly tenants: number;
  /** How many calls are under way at once. */
  readonly connections: number;
  /** The share of requests to Qontak that meet a fault, from 0 to 1. */
  readonly faults: number;
  /** Whether access tokens end all the time. */
  readonly soak: boolean;
  /** Whether processes are killed meanwhile. */
  readonly kill: boolean;
  /** Chooses calls and faults. */
  readonly seed: number;
  /** How many servers there are. */
  readonly servers: number;
  /** How long an access token lives, in seconds. */
  readonly lifetime: number;
  /** The limit of one call, in ms. */
  readonly timeout: number;
  /** What one company may send to Qontak. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
}

/** What the command is told, for its help. */
export const HELP = `deno task load [flags]
  --seconds N      how long (300; 5 to 3600)
  --tenants N      how many companies (200; 1 to 2000)
  --connections N  how many calls at once (64; 1 to 512)
  --faults N       the share of requests to Qontak that meet a fault (0.05; 0 with --soak)
  --soak           access tokens live 2 s, two servers share the store
  --kill           kill -9 and restart: the server, Redis, and what stands in front of Qontak
  --seed N         chooses calls and faults (1)`;

/** Where processes are killed, there is this much time for it at least, in s. */
const KILL_SECONDS = 20;

/**
 * Reads the command line.
 *
 * @returns The plan; undefined where the help was asked for.
 * @throws {ConfigError} When a flag is unknown or its value is none.
 */
export function readPlan(args: readonly string[]): Plan | undefined {
  const text = { type: "string" } as const, flag = { type: "boolean" } as const;
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seconds: text,
        tenants: text,
        connections: text,
        faults: text,
        seed: text,
        soak: flag,
        kill: flag,
        help: flag,
      },
    }));
  } catch (error) {
    throw new ConfigError([(error as Error).message]);
  }
  if (values.help) return undefined;
  const whole = (
    name: "seconds" | "tenants" | "connections" | "seed",
    otherwise: number,
    least: number,
    most: number,
  ) => {
    try {
      return readWhole(values[name] ?? String(otherwise), least, most);
    } catch (error) {
      throw new ConfigError([`--${name} ${(error as Error).message}`]);
    }
  };
  const { soak = false, kill = false } = values;
  const faults = Number(values.faults ?? (soak ? 0 : 0.05));
  if (!(faults >= 0 && faults <= 1)) {
    throw new ConfigError(["--faults must be a number from 0 to 1"]);
  }
  if (soak && kill) {
    // A server that dies between a grant and keeping it takes the token along.
    throw new ConfigError(["--soak and --kill cannot go together"]);
  }
  return {
    seconds: whole("seconds", 300, kill ? KILL_SECONDS : 5, 3600),
    tenants: whole("tenants", 200, 1, 2000),
    connections: whole("connections", 64, 1, 512),
    seed: whole("seed", 1, 0, 2 ** 32 - 1),
    faults,
    soak,
    kill,
    servers: soak ? 2 : 1,
    lifetime: soak ? 2 : 21_600,
    timeout: 10_000,
    // Where no call may fail, none may be refused for its number.
    rate: soak
      ? { perSecond: 1_000, burst: 2_000 }
      : { perSecond: 10, burst: 20 },
  };
}
