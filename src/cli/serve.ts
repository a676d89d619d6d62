/**
 * Serves MCP: on stdin and stdout, or over HTTP.
 *
 * @module
 */
import { watchSignals } from "../app/ending.ts";
import { open } from "../app/open.ts";
import { listeningSandbox } from "../app/sandbox.ts";
import type { Handler } from "../http/handler.ts";
import type { ListenOptions } from "../http/listen.ts";
import { watchFaults } from "../logging/faults.ts";
import { isLoopback, localOrigin } from "../net/address.ts";
import { isObject } from "../values/json.ts";
import { VERSION } from "../version.ts";
import { readWhole, whole } from "../values/rules.ts";
import { createAsker } from "./ask.ts";
import { lacksToken, readFlag, type Run, settingsHere } from "./command.ts";
import { FAILED, MISUSED, OK } from "./exit.ts";
import { type Flags, flags } from "./flags.ts";
import { complain, tell } from "./output.ts";
import { beside, fit } from "./width.ts";

const HINT =
  `qontak-mcp ${VERSION} speaks the Model Context Protocol on stdin and stdout, and is waiting for a client.
An MCP client starts this command: "qontak-mcp config <client>" prints the client's configuration (deno run -A --unstable-kv jsr:@qontak/mcp config claude-code, for example; with --sandbox no account is needed). --http serves over HTTP; Ctrl+C ends.`;

/** What a person can do without a token, as it fits the terminal. */
const offerText = () =>
  [
    fit(
      `qontak-mcp ${VERSION}: QONTAK_REFRESH_TOKEN is not set, so there is no company to work for.`,
    ),
    beside(
      "  setup",
      "asks for a token, tests it, keeps it on this machine, and configures your client",
      OFFER_COLUMN,
    ),
    beside(
      "  sandbox",
      "serves a built-in CRM with invented data over HTTP, with a page at http://127.0.0.1:8000/; as a command: --sandbox --http",
      OFFER_COLUMN,
    ),
    '"qontak-mcp --help" lists all commands.',
  ].join("\n");

/** Where the explanations of an offer begin. */
const OFFER_COLUMN = 11;

/** Serves until the client, or a signal, ends it. */
export const serve: Run = async ({ flags: given }) => {
  if (Deno.stdin.isTerminal() && !given.sandbox && !given.http) {
    const settings = await settingsHere(given);
    if (lacksToken(settings)) return await offer(given, settings.warnings);
  }
  const ending = watchSignals();
  const code = await serveUntil(ending, given);
  // A read of stdin that was begun would keep the process alive.
  if (ending.aborted) Deno.exit(code);
  return code;
};

/** Offers what a person without a token can do. */
async function offer(
  given: Flags,
  warnings: readonly string[],
): Promise<number> {
  const asker = createAsker();
  for (const warning of warnings) complain(warning);
  asker.tell(offerText());
  const answer = await asker.ask("setup, sandbox, or Enter to end");
  if (answer === "setup") {
    const { setup } = await import("./setup.ts");
    return await setup({ flags: given });
  }
  if (answer === "sandbox") {
    return await serve({ flags: { ...given, sandbox: true, http: true } });
  }
  return MISUSED;
}

async function serveUntil(ending: AbortSignal, given: Flags): Promise<number> {
  const address = given.http ? readAddress(given) : undefined;
  await using opened = new AsyncDisposableStack();
  const settings = await settingsHere(given);
  const isSignIn = address !== undefined && settings.MCP_SIGN_IN !== "off";
  const sandbox = given.sandbox === true && isSignIn
    ? opened.use(await listeningSandbox())
    : given.sandbox === true;
  const isTried = typeof sandbox === "object";
  // People sign in to the sandbox at the address where it is tried.
  const here = address && isTried
    ? { MCP_PUBLIC_URL: `${localOrigin(address.hostname, address.port)}/mcp` }
    : {};
  // Without the sandbox, this address is named with what else is missing.
  if (address?.port === 0 && isTried && !settings.MCP_PUBLIC_URL) {
    complain(
      "--port 0 takes any free port, and people sign in at a known address: name the port, or set MCP_PUBLIC_URL",
    );
    return MISUSED;
  }
  const program = opened.use(await open({ ...here, ...settings }, { sandbox }));
  const { log } = program;
  using _watch = watchFaults(log);
  if (address) {
    const handler = await program.handler(!isLoopback(address.hostname));
    return await serveHttp(handler, { address, ending, log });
  }
  const server = await program.server();
  if (Deno.stdin.isTerminal()) tell(fit(HINT));
  await server.stdio(ending);
  return OK;
}

interface Address {
  readonly hostname: string;
  readonly port: number;
}

function readAddress(given: Flags): Address {
  const hostname = String(given.host ?? flags.host.value);
  const port = String(given.port ?? flags.port.value);
  return {
    hostname,
    port: readFlag("port", port, readWhole(whole(0, 65_535))),
  };
}

async function serveHttp(
  handler: Handler,
  options: ListenOptions & { readonly address: Address },
): Promise<number> {
  const { address } = options;
  const { listen } = await import("../http/listen.ts");
  try {
    await listen(handler, options);
    return OK;
  } catch (error) {
    const reason = error instanceof Deno.errors.AddrInUse
      ? "the port is in use: choose another one with --port"
      : isObject(error) && "message" in error
      ? String(error.message)
      : String(error);
    complain(
      `cannot listen on ${address.hostname}:${address.port}: ${reason}`,
    );
    return FAILED;
  }
}
