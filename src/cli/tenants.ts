/**
 * The companies whose credentials are kept: add, list, remove, check.
 *
 * @module
 */
import {
  ConfigError,
  CredentialsError,
  InputError,
  StoreError,
} from "../errors.ts";
import {
  addCommand,
  type Credentials,
  DEFAULT_TENANT,
  isTenantName,
  nameTenant,
  TENANT_NAMES,
} from "../tokens/store.ts";
import { takeLease } from "../tokens/lease.ts";
import type { Grant } from "../tokens/tokens.ts";
import { defined } from "../values/json.ts";
import { type Asker, createAsker } from "./ask.ts";
import { checkTenant, report } from "./checks.ts";
import { command, type Run, say } from "./command.ts";
import { OK } from "./exit.ts";
import type { CommandsOf, Flags } from "./flags.ts";
import type { Parts } from "../app/open.ts";

/** How often the store is asked to take new credentials, once a second. */
const TRIES = 10;

/** The commands by name. */
export const tenants: Readonly<Record<CommandsOf<"tenants">, Run>> = {
  "tenants add": command(readTenant, add),
  "tenants list": command(readTenant, list),
  "tenants remove": command(readTenant, remove),
  "tenants check": command(
    readTenant,
    async (parts, tenant, { json }) =>
      report(await checkTenant(parts, tenant), json === true),
  ),
};

/**
 * The tenant that the word after a command names.
 *
 * @throws {ConfigError} When it cannot be the name of one. It is not repeated:
 * it may be a token that was given in the wrong place.
 */
export function readTenant(word: string | undefined): string {
  if (word === undefined) return DEFAULT_TENANT;
  if (isTenantName(word)) return word;
  throw new ConfigError([
    `The id after the command cannot be the name of a tenant: it takes ${TENANT_NAMES}`,
  ]);
}

async function list({ store }: Parts, _: string, { json }: Flags) {
  const names = await store.tenants();
  const lines = names.map((name) =>
    name === DEFAULT_TENANT ? `${name}  (calls without user_id)` : name
  );
  say(json ? JSON.stringify(names) : lines.join("\n") || "no tenants yet");
  return OK;
}

async function remove(parts: Parts, tenant: string): Promise<number> {
  refuseEnv(parts);
  const { store } = parts;
  if (!await store.remove(tenant)) {
    throw new CredentialsError(
      `There are no credentials for ${
        nameTenant(tenant)
      } in the store ${store.name}: qontak-mcp tenants list names those there are`,
    );
  }
  await parts.access().forget(tenant);
  say(
    `The credentials for ${
      nameTenant(tenant)
    } are removed. A server that is running uses the access token it holds until that ends; with TOKEN_CACHE=none for a minute at most`,
  );
  return OK;
}

/**
 * Keeps a tenant's credentials. They are tried on Qontak first, so that a
 * mistake replaces nothing that works.
 */
async function add(
  parts: Parts,
  tenant: string,
  flags: Flags,
): Promise<number> {
  refuseEnv(parts);
  const { store } = parts;
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
  const obtain = await ask(parts, tenant, flags, createAsker());
  // Servers wait meanwhile, and it shows that the store can be written, before
  // Qontak replaces the token that was given.
  const lease = await takeLease(store, tenant, crypto.randomUUID());
  if (!lease) {
    throw new InputError(
      "A server is renewing the tokens of this tenant right now: try again in a minute",
    );
  }
  try {
    await keep(parts, tenant, await obtain(), version);
  } finally {
    await lease.release();
  }
  await parts.access().forget(tenant);
  say(`The credentials for ${nameTenant(tenant)} are kept in ${store.name}`);
  const findings = await checkTenant(parts, tenant);
  return report(findings, false);
}

/** Asks the person, and returns what turns the answers into credentials. */
async function ask(
  parts: Parts,
  tenant: string,
  flags: Flags,
  asker: Asker,
): Promise<() => Promise<Credentials>> {
  const need = async (question: string, isSecret = false) => {
    const answer = await asker.ask(question, isSecret);
    if (answer !== "") return answer;
    throw new ConfigError([`${question}: nothing was given`]);
  };
  const { oauth } = parts.access();
  if (!oauth) {
    const credentials = {
      sso_id: await need("Mekari SSO id of the user whom calls act as"),
      ...defined({
        client_id: await asker.ask(
          "Client id of the company's own application (empty: MEKARI_CLIENT_ID)",
        ) || undefined,
      }),
    };
    if (!credentials.client_id) return () => Promise.resolve(credentials);
    const client_secret = await need("Secret of that application", true);
    return () => Promise.resolve({ ...credentials, client_secret });
  }
  const grants: Record<string, () => Promise<() => Promise<Grant>>> = {
    async refresh_token() {
      const token = await need("Refresh token", true);
      return () => oauth.refresh(token, tenant);
    },
    async authorization_code() {
      const { clientId, clientSecret, redirectUri } = parts.options;
      if (!clientId || !clientSecret || !redirectUri) {
        throw new ConfigError([
          "--grant authorization_code needs the OAuth application: set QONTAK_CLIENT_ID, QONTAK_CLIENT_SECRET and QONTAK_REDIRECT_URI",
        ]);
      }
      const state = crypto.randomUUID();
      asker.tell(
        `Open this address, let the application in, and copy the address that you are sent to, or the code in it:\n${
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
    const expires_at = Date.now() / 1000 + expires_in;
    return { refresh_token, access_token, expires_in, expires_at };
  };
}

/** The code of an address that a browser was sent to, or the code itself. */
function codeIn(answer: string, state: string): string {
  if (!URL.canParse(answer)) return answer;
  const { searchParams } = new URL(answer);
  const code = searchParams.get("code");
  if (!code) {
    throw new ConfigError([
      "The address holds no code: copy the one that Qontak sends you to after you have let the application in",
    ]);
  }
  if ((searchParams.get("state") ?? state) !== state) {
    throw new ConfigError([
      "The address belongs to another attempt: open the one that was printed just now",
    ]);
  }
  return code;
}

/** Writes what Qontak gave: the token it was made from may be dead by now. */
async function keep(
  { store }: Parts,
  tenant: string,
  credentials: Credentials,
  version: string | undefined,
): Promise<void> {
  for (let tries = 1;; tries++) {
    try {
      const kept = await store.replace(tenant, credentials, version);
      if (kept !== undefined) return;
      throw new InputError(
        `Somebody else has changed the credentials for ${
          nameTenant(tenant)
        } meanwhile, and theirs were left alone. Qontak may have replaced the token that you gave: make a new one and try again`,
      );
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (tries === TRIES) {
        throw new InputError(
          `${error.message}. Nothing was kept, and Qontak may have replaced the token that you gave: make a new one and try again`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  }
}

function refuseEnv({ store }: Parts): void {
  if (store.name !== "env") return;
  throw new ConfigError([
    "TOKEN_STORE=env holds one company, whose credentials stand in the environment: set TOKEN_STORE to redis, vault or kv to keep several",
  ]);
}
