/**
 * Checks the environment, and the store, of the Python server for Qontak, for
 * people who move to this server.
 *
 * @module
 */
import { addCommand } from "../app/advice.ts";
import { readEnvironment } from "../app/environment.ts";
import { open, type Program } from "../app/open.ts";
import type { Settings } from "../app/settings.ts";
import { inParallel } from "../changes/parallel.ts";
import { ConfigError } from "../errors.ts";
import { DEFAULT_TENANT, isTenantName, nameTenant } from "../tokens/store.ts";
import { attempt, checkStore, type Finding, report } from "./checks.ts";
import { type Run, settingsHere } from "./command.ts";
import { createProgress } from "./progress.ts";
import { lineOf } from "./output.ts";

/** Variables of the Python server that have no effect here, and why. */
const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  LOG_FORMAT: "lines are JSON, or sentences on a terminal",
  LOG_REDACT_SENSITIVE: "secrets are always left out",
};

/** How many folders upwards the Python server looks for .env. */
const FOLDERS = 5;

/** How many records are inspected at once. */
const AT_ONCE = 10;

/**
 * Says what this server will do with the settings and records of the Python
 * server. It changes nothing without --apply; with it, records in Redis no
 * longer expire. The exit code is 1 if something has to be done first.
 */
export const migrate: Run = async ({ flags }) => {
  const doIt = flags.apply === true;
  const findings: Finding[] = [...settingsLeft(readEnvironment().variables)];
  let settings: Settings;
  try {
    settings = await settingsHere(flags);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    findings.push(...error.problems.map((detail): Finding => ({
      check: "settings",
      status: "fail",
      detail,
    })));
    return report(findings, flags.json === true);
  }
  findings.push(...settings.warnings.map((detail): Finding => ({
    check: "settings",
    status: "warn",
    detail,
  })));
  await using program = await open(settings, { isStoreCommand: true });
  // Settings that the store lacks are reported here.
  const store = await attempt(
    "store",
    () => new Promise((resolve) => resolve(describeStore(program))),
  );
  findings.push(store);
  if (store.status === "fail" || program.store.name === "kv") {
    findings.push(...await envElsewhere());
  }
  if (store.status === "fail") return report(findings, flags.json === true);
  findings.push(
    ...program.store.name === "env"
      ? [await attempt("token", () => describeEnv(program))]
      : await checkRecords(program, doIt),
  );
  if (findings.every(({ status }) => status !== "fail")) {
    findings.push({
      check: "next",
      status: "ok",
      detail:
        "if you did not stop the Python server at first (step 1 of MIGRATION.md), stop the Python server now, then run qontak-mcp doctor, and paste what qontak-mcp config prints into the client",
    });
  }
  return report(findings, flags.json === true);
};

/** Says what the store has of the Python server. */
function describeStore({ store }: Program): string | Omit<Finding, "check"> {
  if (store.name !== "kv") {
    return `${store.name}: the records and their names are the same for both servers`;
  }
  return {
    status: "warn",
    detail:
      "kv: what is here was put in by qontak-mcp setup or tenants add. The Python server has no Deno KV, so nothing of it is here to check: run this command in the folder of its .env, or with its TOKEN_STORE and the variables of that store",
  };
}

/** Names the variables that only the Python server reads. */
function settingsLeft(
  env: Readonly<Record<string, string | undefined>>,
): Finding[] {
  return Object.entries(WITHOUT_EFFECT).flatMap(([name, why]) =>
    env[name]
      ? [{
        check: "settings",
        status: "warn" as const,
        detail: `${name} has no effect here: ${why}`,
      }]
      : []
  );
}

/** Finds a .env that only the Python server would read. */
async function envElsewhere(): Promise<Finding[]> {
  for (let up = 1; up <= FOLDERS; up++) {
    const path = `${"../".repeat(up)}.env`;
    const isThere = await Deno.stat(path).then(
      ({ isFile }) => isFile,
      () => false,
    );
    if (!isThere) continue;
    return [{
      check: "settings",
      status: "warn",
      detail:
        `${path} exists. The Python server looks for .env in the folders above; this one reads only that of the working directory: start it there`,
    }];
  }
  return [];
}

/** Says where the token of the environment is kept from now on. */
async function describeEnv(
  program: Program,
): Promise<string | Omit<Finding, "check">> {
  await program.inspect(DEFAULT_TENANT);
  const loses = await program.losesTokens();
  if (loses !== undefined) return { status: "fail", detail: loses };
  return "there is a refresh token. Nothing was sent to Qontak: qontak-mcp doctor tests the token";
}

/** Inspects every record of the store. */
async function checkRecords(
  program: Program,
  doIt: boolean,
): Promise<Finding[]> {
  let names: readonly string[] = [];
  const list = await attempt("records", async () => {
    names = await program.store.tenants();
    return `${names.length} ${names.length === 1 ? "company" : "companies"}`;
  });
  if (list.status === "fail") return [list];
  const findings: Finding[] = [];
  using progress = createProgress(names.length, "companies");
  await inParallel(names.entries(), AT_ONCE, async ([at, name]) => {
    findings[at] = await attempt(
      lineOf(name),
      () => checkRecord(program, name, doIt),
    );
    progress.step();
  });
  return [
    list,
    ...findings,
    ...missingDefault(program.settings, names),
    doIt ? await attempt("writing", () => checkStore(program, names.length)) : {
      check: "writing",
      status: "skip",
      detail: "not tried: only --apply writes to the store",
    },
  ];
}

async function checkRecord(
  program: Program,
  name: string,
  doIt: boolean,
): Promise<string | Omit<Finding, "check">> {
  if (name !== DEFAULT_TENANT && !isTenantName(name)) {
    return {
      status: "warn",
      detail: "no tenant can have this name here: calls cannot use it",
    };
  }
  const found = await program.inspect(name);
  if (!found) return { status: "fail", detail: "it was deleted meanwhile" };
  const { expiresIn } = found;
  if (expiresIn === undefined) return "it is readable, and does not expire";
  if (!doIt) {
    return {
      status: "fail",
      detail: `Redis deletes it in ${
        minutes(expiresIn)
      }, and its token would be lost. Make it lasting with qontak-mcp migrate --apply, or start this server before`,
    };
  }
  await program.store.read(name);
  if ((await program.inspect(name))?.expiresIn !== undefined) {
    return { status: "fail", detail: "it still expires: may this user write?" };
  }
  return "it is readable, and from now on does not expire";
}

function minutes(ms: number): string {
  const all = Math.ceil(ms / 60_000);
  const hours = Math.floor(all / 60);
  return hours === 0 ? `${all} min` : `${hours} h ${all % 60} min`;
}

/** The token of the environment, which only the Python server copies. */
function missingDefault(
  { QONTAK_REFRESH_TOKEN, TOKEN_STORE }: Settings,
  names: readonly string[],
): Finding[] {
  if (!QONTAK_REFRESH_TOKEN || names.includes(DEFAULT_TENANT)) return [];
  return [{
    check: DEFAULT_TENANT,
    status: "warn",
    detail:
      `QONTAK_REFRESH_TOKEN is set, and ${TOKEN_STORE} has no record for ${
        nameTenant(DEFAULT_TENANT)
      }. The Python server copies the token there; here run ${
        addCommand(DEFAULT_TENANT)
      } and give it a new token`,
  }];
}
