/**
 * Checks everything that a server needs, with one line for each check.
 *
 * @module
 */
import { addCommand } from "../app/advice.ts";
import { warnOfPath } from "../app/callers.ts";
import { checkLimits } from "../app/limits.ts";
import { open, type Program } from "../app/open.ts";
import type { Settings } from "../app/settings.ts";
import { demandKeys } from "../app/stores.ts";
import { ConfigError, InputError } from "../errors.ts";
import { askKv } from "../storage/kv.ts";
import { type ConnectFailure, connectFailure } from "../net/failure.ts";
import { DEFAULT_TENANT, nameTenant } from "../tokens/store.ts";
import {
  attempt,
  checkStore,
  type Finding,
  refuseBoth,
  report,
  tryAll,
  tryTenant,
} from "./checks.ts";
import { type Run, settingsHere } from "./command.ts";
import { readTenant } from "./tenants/tenant.ts";

/** How far a clock may be off without harm, in ms. */
const SKEW = 30_000;

/** How long a probe may take, in ms. */
const TIMEOUT = 5_000;

/**
 * Checks the configuration, the store, the tokens, the CRM, Deno KV, the keys
 * of callers and the clock. It checks the tokens of the given tenant, of the
 * default one, of the first one, or of all of them, and says which. The exit code is 1 if any
 * check failed.
 */
export const doctor: Run = async ({ word, flags }) => {
  const wanted = word === undefined ? undefined : readTenant(word);
  const isForAll = flags.all === true;
  if (isForAll) refuseBoth(wanted);
  const isSandbox = flags.sandbox === true;
  await using opened = new AsyncDisposableStack();
  let settings: Settings | undefined;
  let program: Program;
  try {
    settings = await settingsHere(flags);
    program = opened.use(await open(settings, { sandbox: isSandbox }));
    // The options of the server are part of the configuration.
    void program.options;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const findings = error.problems.map((detail): Finding =>
      settings?.warnings.includes(detail)
        ? { check: "variables", status: "warn", detail }
        : { check: "configuration", status: "fail", detail }
    );
    return report(findings, flags.json === true);
  }
  const findings = [
    await attempt("configuration", () => Promise.resolve(describe(settings))),
    ...[...settings.warnings, warnOfPath(settings) ?? []].flat().map(
      (detail): Finding => ({ check: "variables", status: "warn", detail }),
    ),
    await attempt("kv", () => checkKv(program, isSandbox)),
    ...settings.MCP_STORED_KEYS
      ? [await attempt("keys", () => checkKeys(program))]
      : [],
    await attempt("limits", () => checkLimits(program.settings, program.kv)),
    ...await checkAccess(program, { wanted, isForAll }),
  ];
  return report(findings, flags.json === true);
};

function describe(settings: Settings): string {
  const { QONTAK_AUTH, TOKEN_STORE, TOKEN_CACHE } = settings;
  const { TOKEN_ENCRYPTION_KEY, place } = settings;
  return [
    `QONTAK_AUTH=${QONTAK_AUTH}`,
    `TOKEN_STORE=${TOKEN_STORE}`,
    `TOKEN_CACHE=${TOKEN_CACHE}`,
    TOKEN_ENCRYPTION_KEY
      ? "sealed"
      : place
      ? "Deno KV is sealed"
      : "no TOKEN_ENCRYPTION_KEY",
  ].join(", ");
}

async function checkKv(
  { kv, settings }: Program,
  isSandbox: boolean,
): Promise<Omit<Finding, "check">> {
  if (isSandbox) {
    return { status: "skip", detail: "not tried: the sandbox keeps nothing" };
  }
  if (!kv) {
    return {
      status: "warn",
      detail:
        "this process has no Deno KV, which would keep tokens and templates across restarts: start with deno run --unstable-kv",
    };
  }
  const key = ["qontak-mcp", "doctor", crypto.randomUUID()];
  await askKv(kv, "tokens and templates", async (database) => {
    await database.set(key, "probe", { expireIn: TIMEOUT });
    await database.delete(key);
  });
  const { place, TOKEN_ENCRYPTION_KEY } = settings;
  const where = place
    ? `it is ${place.database}, sealed with ${
      TOKEN_ENCRYPTION_KEY ? "TOKEN_ENCRYPTION_KEY" : place.key
    }`
    : "it is where Deno chooses";
  return { status: "ok", detail: `Deno KV opens and can be written: ${where}` };
}

/** Checks the store of API keys. */
async function checkKeys({ keys }: Program): Promise<string> {
  const { length: count } = await demandKeys(keys).ids();
  return count === 0
    ? "there are no keys yet: make one with qontak-mcp keys create"
    : `${count} ${count === 1 ? "key is" : "keys are"} kept`;
}

/** Checks the store, a tenant in it, and the clock. */
async function checkAccess(
  program: Program,
  { wanted, isForAll }: {
    readonly wanted: string | undefined;
    readonly isForAll: boolean;
  },
): Promise<Finding[]> {
  let tenants: readonly string[] = [];
  const store = await attempt("store", async () => {
    tenants = await program.store.tenants();
    return await checkStore(program, tenants.length);
  });
  const tenant = wanted ??
    (tenants.includes(DEFAULT_TENANT) ? DEFAULT_TENANT : tenants[0]);
  const clock = await attempt("clock", () => checkClock(program));
  if (store.status === "fail" || tenant === undefined) {
    const detail = tenant === undefined && store.status !== "fail"
      ? "there are no credentials yet: add some with qontak-mcp tenants add"
      : "not tried: the store does not work";
    const status = store.status === "fail" ? "skip" : "fail";
    return [
      store,
      { check: "token", status, detail },
      { check: "crm", status: "skip", detail: "not tried: there is no token" },
      clock,
    ];
  }
  const company =
    program.store.name === "env" || wanted !== undefined || isForAll
      ? []
      : [await attempt("company", () => checkCompany(program, tenants))];
  const tried = isForAll
    ? await tryAll(program, tenants)
    : await tryTenant(program, tenant);
  return [store, ...company, ...tried, clock];
}

/**
 * Decides which company to check if the person named none, and whether calls
 * that name no company can work.
 */
async function checkCompany(
  program: Program,
  tenants: readonly string[],
): Promise<string | Omit<Finding, "check">> {
  const [first] = tenants;
  if (tenants.includes(DEFAULT_TENANT)) {
    return tenants.length === 1
      ? "tried with the credentials of the only company"
      : `tried with the credentials for ${nameTenant(DEFAULT_TENANT)}`;
  }
  const named = `tried with the credentials for ${
    nameTenant(first!)
  }, the first of ${tenants.length}`;
  const callers = await callersWithoutName(program);
  const { MCP_API_KEYS, MCP_STORED_KEYS, MCP_OAUTH_ISSUER } = program.settings;
  // Callers with credentials may be told to name a company. Without any, a
  // person at this machine calls, who need not.
  const mustName = callers === undefined &&
    Boolean(MCP_API_KEYS || MCP_STORED_KEYS || MCP_OAUTH_ISSUER);
  return {
    status: mustName ? "warn" : "fail",
    detail:
      `${named}. Calls without user_id fail, since no credentials are kept for them${
        callers === undefined ? "" : `, and ${callers} for such calls`
      }: put some there with ${
        addCommand(DEFAULT_TENANT)
      }, or have callers name the company in user_id`,
  };
}

/**
 * Which credentials let callers omit the company's name; undefined if there are
 * none.
 */
async function callersWithoutName(
  { settings, keys }: Program,
): Promise<string | undefined> {
  const isUnnamed = ({ tenants }: { readonly tenants: readonly string[] }) =>
    tenants.includes(DEFAULT_TENANT);
  if (settings.MCP_API_KEYS?.some(isUnnamed)) return "MCP_API_KEYS has a key";
  if (!settings.MCP_STORED_KEYS || !keys) return undefined;
  for (const id of await keys.ids()) {
    const found = await keys.read(id);
    if (found && isUnnamed(found.key)) return `there is a key (${id})`;
  }
  return undefined;
}

/** Checks how far this machine's clock is from Qontak's. */
async function checkClock(
  { access }: Program,
): Promise<Omit<Finding, "check">> {
  const start = Date.now();
  let headers: Headers;
  try {
    headers = await access.reach(AbortSignal.timeout(TIMEOUT));
  } catch (error) {
    const { reason = "it did not answer", remedy }: Partial<ConnectFailure> =
      connectFailure(error, access.baseUrl) ?? {};
    throw new InputError(
      `${access.baseUrl} could not be reached: ${reason}`,
      remedy ?? { what: "checkNetwork" },
    );
  }
  const middle = (start + Date.now()) / 2;
  const theirs = Date.parse(headers.get("date") ?? "");
  if (Number.isNaN(theirs)) {
    return { status: "skip", detail: "Qontak's answer has no date" };
  }
  // The date in the response has whole seconds.
  const skew = Math.round((middle - theirs - 500) / 1000);
  const what = `this machine's clock is ${Math.abs(skew)} s ${
    skew < 0 ? "behind" : "ahead of"
  } Qontak's`;
  return Math.abs(skew) * 1000 > SKEW
    ? { status: "fail", detail: `${what}: correct it, for example with NTP` }
    : { status: "ok", detail: what };
}
