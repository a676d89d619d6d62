/**
 * The sandbox as a command:
 * `deno run --allow-net=127.0.0.1 src/sandbox/main.ts [--port N] [--seed N]
 * [--deals N] [--contacts N] [--max-per-page N] [--newest-change-first]
 * [--no-token-info] [--reusable-tokens] [--observed]`.
 *
 * @module
 */

import { SANDBOX_MEKARI, type ServeOptions, serveSandbox } from "./mod.ts";

/** The most records of one kind. */
const MOST_RECORDS = 200_000;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/**
 * Reads the options from command-line arguments.
 *
 * @throws {TypeError} for an unknown flag or an invalid number
 */
export function readFlags(args: readonly string[]): ServeOptions {
  const options: Mutable<ServeOptions> = {};
  const rest = [...args];
  const number = (flag: string, max: number): number => {
    const text = rest.shift() ?? "";
    if (/^\d+$/.test(text) && Number(text) <= max) return Number(text);
    throw new TypeError(`${flag} needs a number from 0 to ${max}`);
  };
  while (rest.length > 0) {
    const flag = rest.shift()!;
    switch (flag) {
      case "--port":
        options.port = number(flag, 65_535);
        break;
      case "--seed":
        options.seed = number(flag, 4_294_967_295);
        break;
      case "--deals":
        options.deals = number(flag, MOST_RECORDS);
        break;
      case "--contacts":
        options.contacts = number(flag, MOST_RECORDS);
        break;
      case "--max-per-page":
        options.maxPerPage = Math.max(1, number(flag, MOST_RECORDS));
        break;
      case "--newest-change-first":
        options.newestChangeFirst = true;
        break;
      case "--no-token-info":
        options.tokenInfo = false;
        break;
      case "--reusable-tokens":
        options.rotateRefreshTokens = false;
        break;
      case "--observed":
        options.profile = "observed";
        break;
      default:
        throw new TypeError(`Unknown flag ${flag}`);
    }
  }
  return options;
}

function say(text: string): void {
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

const FLAGS =
  "Flags: --port N, --seed N, --deals N, --contacts N, --max-per-page N, --newest-change-first, --no-token-info, --reusable-tokens, --observed";

/** Serves until a signal stops it. */
async function main(): Promise<void> {
  let options: ServeOptions;
  if (Deno.args.includes("--help")) return say(FLAGS);
  try {
    options = readFlags(Deno.args);
  } catch (error) {
    say((error as Error).message);
    say(FLAGS);
    Deno.exit(2);
  }
  const sandbox = serveSandbox(options);
  say(`Qontak sandbox on ${sandbox.url}`);
  say(`QONTAK_BASE_URL=${sandbox.url}`);
  say(`QONTAK_REFRESH_TOKEN=${sandbox.refreshToken}`);
  say("Or signed, as for Mekari's API gateway, instead of the refresh token:");
  say("QONTAK_AUTH=hmac");
  say(`MEKARI_CLIENT_ID=${SANDBOX_MEKARI.clientId}`);
  say(`MEKARI_CLIENT_SECRET=${SANDBOX_MEKARI.clientSecret}`);
  say(`MEKARI_SSO_ID=${SANDBOX_MEKARI.ssoId}`);
  await new Promise<void>((stop) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => stop());
    }
  });
  await sandbox.close();
  Deno.exit(0);
}

if (import.meta.main) await main();
