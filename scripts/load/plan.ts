/**
 * The plan of a load test, from the flags of its command.
 *
 * @module
 */
import type { FlagTable } from "../../src/cli/parse.ts";
import { ConfigError } from "../../src/errors.ts";
import type { Flags } from "../command.ts";
import { readWhole, whole as between } from "../../src/values/rules.ts";

/** The plan of a load test. */
export interface Plan {
  /** The duration, in seconds. */
  readonly seconds: number;
  /** The number of companies. */
  readonly tenants: number;
  /** The number of concurrent calls. */
  readonly connections: number;
  /** The share of requests to Qontak that have a fault, from 0 to 1. */
  readonly faults: number;
  /** Whether access tokens expire all the time. */
  readonly soak: boolean;
  /** Whether processes are killed during the load. */
  readonly kill: boolean;
  /** The seed for the choice of calls and faults. */
  readonly seed: number;
  /** The number of servers. */
  readonly servers: number;
  /** How long an access token lives, in seconds. */
  readonly lifetime: number;
  /** The limit of one call, in ms. */
  readonly timeout: number;
  /** The rate limit of one company's requests to Qontak. */
  readonly rate: { readonly perSecond: number; readonly burst: number };
}

/** Every flag. */
export const loadFlags = {
  seconds: { type: "string", value: "N", help: "How long (300; 5 to 3600)" },
  tenants: {
    type: "string",
    value: "N",
    help: "How many companies (200; 1 to 2000)",
  },
  connections: {
    type: "string",
    value: "N",
    help: "How many calls at once (64; 1 to 512)",
  },
  faults: {
    type: "string",
    value: "N",
    help:
      "The share of requests to Qontak that have a fault (0.05; 0 with --soak)",
  },
  soak: {
    type: "boolean",
    help: "Access tokens live 2 s, and two servers share the store",
  },
  kill: {
    type: "boolean",
    help:
      "kill -9 and restart: the server, Redis, and the proxy in front of Qontak",
  },
  seed: { type: "string", value: "N", help: "Chooses calls and faults (1)" },
} as const satisfies FlagTable;

/** The shortest load in which processes are killed, in seconds. */
const KILL_SECONDS = 20;

/**
 * Creates the plan.
 *
 * @throws {ConfigError} When the value of a flag is invalid.
 */
export function planOf(flags: Flags<typeof loadFlags>): Plan {
  const whole = (
    name: "seconds" | "tenants" | "connections" | "seed",
    otherwise: number,
    least: number,
    most: number,
  ) => {
    try {
      return readWhole(between(least, most))(
        flags[name] ?? String(otherwise),
      );
    } catch (error) {
      throw new ConfigError([`--${name} ${(error as Error).message}`]);
    }
  };
  const { soak = false, kill = false } = flags;
  const faults = Number(flags.faults ?? (soak ? 0 : 0.05));
  if (!(faults >= 0 && faults <= 1)) {
    throw new ConfigError(["--faults must be a number from 0 to 1"]);
  }
  if (soak && kill) {
    // A server that is killed after a grant and before saving it loses the
    // token.
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
    // With --soak no call may fail, so the limits must refuse none.
    rate: soak
      ? { perSecond: 1_000, burst: 2_000 }
      : { perSecond: 10, burst: 20 },
  };
}
