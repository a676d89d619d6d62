/**
 * Runs the live test against a sandbox, and checks the sandbox from outside.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { MARK } from "../../scripts/live/kinds.ts";
import {
  type RunningSandbox,
  type SandboxOptions,
  serveSandbox,
} from "../../src/sandbox/mod.ts";
import { accessTo, outside } from "./changed.ts";
import { type Ended, runDeno, running } from "./process.ts";

// deno-lint-ignore no-explicit-any -- tests read any field of an answer
type Data = any;

/** Runs the live test in a separate directory, without a .env. */
export async function live(
  args: string[],
  env: Record<string, string> = {},
): Promise<Ended> {
  const cwd = Deno.makeTempDirSync();
  try {
    const command = await running("scripts/live/main.ts", ...args);
    return await runDeno(command, { env, cwd });
  } finally {
    Deno.removeSync(cwd, { recursive: true });
  }
}

/** A sandbox, and its API, to check it from outside. */
export interface Account extends AsyncDisposable {
  readonly sandbox: RunningSandbox;
  /** Runs the live test against it. */
  run(...args: string[]): Promise<Ended>;
  api(path: string, body?: unknown): Promise<Data>;
}

/** A sandbox with records of every kind. */
export async function open(options: SandboxOptions = {}): Promise<Account> {
  const sandbox = serveSandbox(options);
  const token = await accessTo(sandbox);
  return {
    sandbox,
    run: (...args) =>
      live(args, {
        QONTAK_BASE_URL: sandbox.url,
        QONTAK_REFRESH_TOKEN: sandbox.refreshToken,
      }),
    api: (path, body) =>
      outside({ sandbox, token }, body ? "POST" : "GET", path, body),
    [Symbol.asyncDispose]: () => sandbox.close(),
  };
}

const LISTS = [
  "contacts",
  "companies",
  "deals",
  "products",
  "products_association",
  "tasks",
  "tickets",
];

/** Every record of the paged lists, and the task categories. */
export async function everything({ api }: Account): Promise<Data[]> {
  const lists = await Promise.all(
    LISTS.map((name) => api(`/${name}?per_page=1000`)),
  );
  return [...lists, await api("/tasks/category")].flat();
}

/** Fails if a record of the live test still exists. */
export async function assertClean(
  account: Account,
  notes: number,
): Promise<void> {
  assert(!JSON.stringify(await everything(account)).includes(MARK));
  const response = await fetch(`${account.sandbox.url}/_sandbox/state`);
  assertEquals((await response.json()).notes, notes);
}

/** How many notes a sandbox starts with. */
export async function countNotes({ sandbox }: Account): Promise<number> {
  const response = await fetch(`${sandbox.url}/_sandbox/state`);
  return (await response.json()).notes;
}

/** What must never be printed: names and contact details of people. */
export async function secrets(account: Account): Promise<string[]> {
  const { api } = account;
  const found = new Set<string>();
  const collect = (record: Data, ...keys: string[]) => {
    for (const key of keys) {
      const value = record[key];
      if (typeof value === "string" && value.length > 4) found.add(value);
    }
  };
  for (const contact of await api("/contacts?per_page=1000")) {
    collect(contact, "first_name", "last_name", "email", "telephone");
  }
  for (const name of ["companies", "deals", "products", "tickets", "tasks"]) {
    for (const record of await api(`/${name}?per_page=1000`)) {
      collect(record, "name", "telephone", "website", "description", "detail");
      for (const note of await api(`/notes?crm_deal_id=${record.id}`)) {
        collect(note, "note");
      }
    }
  }
  for (const field of await api("/deals/info")) {
    if (field.name !== "creator_id") continue;
    for (const user of field.dropdown) collect(user, "name", "email");
  }
  assert(found.size > 150, `only ${found.size} secrets were found`);
  return [...found];
}

export function assertNoneOf(secrets: readonly string[], ended: Ended): void {
  const { stdout, stderr } = ended;
  const told = secrets.filter((one) => (stdout + stderr).includes(one));
  assertEquals(told, []);
}
