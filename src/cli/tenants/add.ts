/**
 * Stores a company's credentials.
 *
 * @module
 */
import { addCommand, advise } from "../../app/advice.ts";
import type { Program } from "../../app/open.ts";
import {
  ConfigError,
  InputError,
  sentenceOf,
  StoreError,
} from "../../errors.ts";
import { takeLease } from "../../tokens/lease.ts";
import { type Credentials, nameTenant } from "../../tokens/store.ts";
import type { Grant } from "../../tokens/renewal.ts";
import { defined, toId } from "../../values/json.ts";
import { pasted } from "../../values/pasted.ts";
import { type Asker, createAsker } from "../ask.ts";
import { report, tryTenant } from "../checks.ts";
import { command, type Run } from "../command.ts";
import type { Flags } from "../flags.ts";
import { say } from "../output.ts";
import { demandMany, readTenant } from "./tenant.ts";
import { nameKeysOf } from "./keys_of.ts";

/** How many times to try to store new credentials, once a second. */
const TRIES = 10;

/**
 * Stores a tenant's credentials. It tests them at Qontak first, so that a
 * mistake does not replace credentials that work.
 */
export const addTenant: Run = command(
  readTenant,
  (program, tenant, flags) => add(program, tenant, flags, createAsker()),
);

/**
 * Asks for a tenant's credentials, tests them at Qontak and stores them.
 *
 * @param program The program, with the store.
 * @param tenant The tenant.
 * @param flags How to log in, and whether to replace what is there.
 * @param asker Asks the person.
 * @param kept What to say when they are stored; by default, where they are.
 * @returns The exit code.
 * @throws {InputError} When there are credentials already, or they cannot be
 * stored.
 */
export async function add(
  program: Program,
  tenant: string,
  flags: Flags,
  asker: Asker,
  kept?: string,
): Promise<number> {
  const { store } = program;
  demandMany(store);
  const version = (await store.read(tenant))?.version;
  if (version !== undefined && !flags.replace) {
    throw new InputError(
      `There are credentials for ${
        nameTenant(tenant)
      } already. Put new ones in their place with: ${
        addCommand(tenant)
      } --replace`,
    );
  }
  const user = readUser(flags.user);
  const obtain = await ask(program, tenant, flags, asker);
  // The lease makes servers wait, and proves that the store can be written
  // before Qontak replaces the given token.
  const lease = await takeLease(store, tenant, crypto.randomUUID());
  if (!lease) {
    throw new InputError(
      "A server is renewing the tokens of this tenant right now: try again in a minute",
    );
  }
  try {
    const credentials = { ...await obtain(), ...defined({ user }) };
    await keep(program, tenant, credentials, version);
  } finally {
    await lease.release();
  }
  await program.access.forget(tenant);
  say(
    kept ??
      `The credentials for ${nameTenant(tenant)} are kept in ${store.name}`,
  );
  await nameKeysOf(program, tenant);
  const findings = await tryTenant(program, tenant);
  return report(findings, false);
}

/**
 * Reads the id of the user behind the credentials.
 *
 * @throws {ConfigError} If it is not an id.
 */
function readUser(flag: string | boolean | undefined): number | undefined {
  if (flag === undefined) return undefined;
  const id = toId(flag);
  if (id !== null && id > 0) return id;
  throw new ConfigError([
    `--user must be the id of a user of Qontak, not ${JSON.stringify(flag)}`,
  ]);
}

/** Asks for the values, and returns a function that gets the credentials. */
async function ask(
  program: Program,
  tenant: string,
  flags: Flags,
  asker: Asker,
): Promise<() => Promise<Credentials>> {
  const need = async (question: string, isSecret = false) => {
    const answer = await asker.ask(question, isSecret);
    if (answer !== "") return answer;
    throw new ConfigError([
      `${question}: nothing was given. Paste it, then press Enter`,
    ]);
  };
  /** Asks for a value that a person copies. */
  const paste = async (question: string) => {
    const answer = await need(question, true);
    try {
      return pasted(answer);
    } catch (error) {
      throw new ConfigError([
        `${question}: it ${(error as Error).message}. Nothing was sent`,
      ]);
    }
  };
  const { oauth } = program.access;
  if (!oauth) {
    const credentials = {
      sso_id: await need("Mekari SSO id of the user that calls act as"),
      ...defined({
        client_id: await asker.ask(
          "Client id of the company's own application (empty: MEKARI_CLIENT_ID)",
        ) || undefined,
      }),
    };
    if (!credentials.client_id) return () => Promise.resolve(credentials);
    const client_secret = await paste("Secret of that application");
    return () => Promise.resolve({ ...credentials, client_secret });
  }
  const grants: Record<string, () => Promise<() => Promise<Grant>>> = {
    async refresh_token() {
      const token = await paste("Refresh token");
      return () => oauth.refresh(token, tenant);
    },
    async authorization_code() {
      const { clientId, clientSecret, redirectUri } = program.options;
      if (!clientId || !clientSecret || !redirectUri) {
        throw new ConfigError([
          "--grant authorization_code needs the OAuth application: set QONTAK_CLIENT_ID, QONTAK_CLIENT_SECRET and QONTAK_REDIRECT_URI",
        ]);
      }
      const state = crypto.randomUUID();
      asker.tell(
        `Open this address, authorize the application, and copy the address that you are sent to, or the code in it:\n${
          oauth.authorizeUrl(state)
        }`,
      );
      const code = codeIn(await need("Address or code", true), state);
      return () => oauth.code(code);
    },
    async password() {
      const username = await need("E-mail address");
      const password = await need("Password", true);
      return () => oauth.password(username, password);
    },
  };
  const name = String(flags.grant ?? "refresh_token");
  const grant = Object.hasOwn(grants, name) ? grants[name] : undefined;
  if (!grant) {
    throw new ConfigError([
      `--grant must be one of ${Object.keys(grants).join(", ")}, not ${
        JSON.stringify(name)
      }`,
    ]);
  }
  const obtain = await grant();
  return async () => {
    const { refresh_token, access_token, expires_in } = await obtain();
    const now = Date.now() / 1000;
    return {
      refresh_token,
      access_token,
      expires_in,
      expires_at: now + expires_in,
      since: Math.floor(now),
    };
  };
}

/**
 * The code in the address that the browser was redirected to, or the code
 * itself.
 */
function codeIn(answer: string, state: string): string {
  if (!URL.canParse(answer)) return answer;
  const { searchParams } = new URL(answer);
  const code = searchParams.get("code");
  if (!code) {
    throw new ConfigError([
      "The address has no code: copy the one that Qontak sends you to after you authorize the application",
    ]);
  }
  if ((searchParams.get("state") ?? state) !== state) {
    throw new ConfigError([
      "The address belongs to another attempt: open the one printed above",
    ]);
  }
  return code;
}

/**
 * Stores the credentials from Qontak; the token they came from may be invalid.
 */
async function keep(
  { store }: Program,
  tenant: string,
  credentials: Credentials,
  version: string | undefined,
): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      const kept = await store.replace(tenant, credentials, version);
      if (kept !== undefined) return;
      throw new InputError(
        `Another process changed the credentials for ${
          nameTenant(tenant)
        } at the same time, and its change was kept. Qontak may have replaced the token that you gave: make a new one and try again`,
      );
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (tries === TRIES) {
        throw new InputError(
          `${
            sentenceOf(error, advise)
          }. Nothing was stored, and Qontak may have replaced the token that you gave: make a new one and try again`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}
