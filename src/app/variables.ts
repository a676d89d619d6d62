/**
 * The environment variables as a table: the purpose of each, its default, and
 * how its text is read. `.env.example` and the table in SETTINGS.md are
 * generated from it.
 *
 * @module
 */
import {
  apis,
  connectionRules,
  DEFAULT_TIMEOUT,
} from "../qontak/connection.ts";
import { TENANT_CLAIM } from "../auth/principal.ts";
import { readStaticKeys } from "../auth/static_keys.ts";
import {
  ALL_RATE,
  CALL_RATE,
  isRate,
  MOST,
  type Rate,
  TENANT_RATE,
} from "../limits/bucket.ts";
import { origins, secureAddress } from "../net/address.ts";
import { proxies } from "../net/proxies.ts";
import { DEFAULT_LEVEL, LOG_LEVELS } from "../logging/log.ts";
import { RETRY_BUDGET } from "../qontak/retry.ts";
import {
  ALL_BYTES,
  SNAPSHOT_LIFETIME,
  TENANT_BYTES,
} from "../snapshots/bounds.ts";
import { pasted } from "../values/pasted.ts";
import { oneOf, readWhole, type Rule, whole } from "../values/rules.ts";
import { DEFAULT_ZONE, zoneName } from "../values/zone.ts";
import { createSealer, type Sealer } from "../storage/sealing.ts";
import { readRedisUrl } from "../storage/redis_url.ts";
import { OptionError } from "../errors.ts";
import { TOKEN_LIFETIME } from "../tokens/held.ts";
import { CONFIRMS } from "../changes/confirm.ts";
import { CONTENTS } from "../mcp/contents.ts";
import { TOOLSETS } from "../tools/outline.ts";
import { toolChoice, toolsetNames } from "../tools/selection.ts";
import { keptDays } from "../audit/store.ts";
import { UNDO_DAYS, undoDays } from "../changes/store.ts";
import { lifetimeInRedis, vaultAddress } from "../tokens/stores/rules.ts";

/** One environment variable. */
export interface Variable<T> {
  /** Its purpose, as a sentence without a full stop. */
  readonly meaning: string;
  /** Its default; shown in the documentation. */
  readonly default?: string;
  /** What the documentation shows instead of a default that varies. */
  readonly shown?: string;
  /**
   * Whether the variable limits what callers may do or see, so that a
   * misspelled one must not be passed over.
   */
  readonly isSafety?: true;
  /**
   * Reads its text. Throws an Error whose message follows the variable's name.
   */
  readonly read: (text: string) => T;
}

/** The stores of credentials, by their names in TOKEN_STORE. */
export const STORES = ["env", "redis", "vault", "kv"] as const;

/** A store of credentials. */
export type StoreName = (typeof STORES)[number];

/** The stores that can hold several companies. */
export const MANY_STORES = [
  "redis",
  "vault",
  "kv",
] as const satisfies readonly StoreName[];

/** The destinations of audit records, by their names in QONTAK_AUDIT. */
const AUDITS = ["stderr", "kv", "redis", "off"] as const;
/** The places for limits, by their names in QONTAK_LIMITS. */
export const LIMITS = ["memory", "redis", "kv"] as const;

/** The name of a place for limits. */
export type LimitsName = (typeof LIMITS)[number];

/** Bytes in a MiB. */
export const MIB = 1024 * 1024;

const asText = (text: string) => text;

/** Every variable, in the order of the documentation. */
export const variables = {
  QONTAK_REFRESH_TOKEN: {
    meaning:
      "The refresh token of your Qontak account, made at https://crm.qontak.com/crm/api_token/; needed with TOKEN_STORE=env, unless --sandbox is given",
    read: pasted,
  },
  QONTAK_TOKEN_USER: {
    meaning:
      'With TOKEN_STORE=env: the id in Qontak of the user behind the token, which "me" in a call means; needed only where Qontak does not say it',
    read: readWhole(connectionRules.tokenUser),
  },
  QONTAK_CLIENT_ID: {
    meaning: "The id of your OAuth application, if the token was made with one",
    read: pasted,
  },
  QONTAK_CLIENT_SECRET: {
    meaning: "The secret of that application",
    read: pasted,
  },
  QONTAK_REDIRECT_URI: {
    meaning: "The redirect URI of that application",
    read: asText,
  },
  QONTAK_BASE_URL: {
    meaning:
      `The address of Qontak, for both its API and its OAuth; ${apis.hmac.baseUrl} with QONTAK_AUTH=hmac`,
    shown: apis.oauth.baseUrl,
    read: connectionRules.baseUrl,
  },
  QONTAK_AUTH: {
    meaning:
      "How calls authenticate: oauth (tokens), or hmac (signed for Mekari's API gateway)",
    default: "oauth",
    read: readWord(connectionRules.auth),
  },
  MEKARI_CLIENT_ID: {
    meaning:
      "With QONTAK_AUTH=hmac: the client id of your application at Mekari, for tenants without their own",
    read: pasted,
  },
  MEKARI_CLIENT_SECRET: {
    meaning: "The secret of that application",
    read: pasted,
  },
  MEKARI_SSO_ID: {
    meaning:
      "With QONTAK_AUTH=hmac and TOKEN_STORE=env: the Mekari SSO id of the user that calls act as",
    read: pasted,
  },
  TOKEN_STORE: {
    meaning:
      "Where credentials are kept: env (one company), redis, vault or kv (Deno KV), for any number",
    default: "env",
    read: readWord(oneOf(STORES)),
  },
  TOKEN_CACHE: {
    meaning:
      "Where access tokens are kept in front of the store: kv (Deno KV, if there is one, to survive restarts; with TOKEN_STORE=env the newest refresh token too), memory, or none (the store is asked every minute)",
    default: "kv",
    read: readWord(connectionRules.tokenCache),
  },
  QONTAK_DATA_DIR: {
    meaning:
      "The folder where Deno KV and the key that seals it are kept, as an absolute path; not used with DENO_KV_DEFAULT_PATH or on Deno Deploy",
    shown: "~/.local/share/qontak-mcp",
    read: readFolder,
  },
  TOKEN_ENCRYPTION_KEY: {
    meaning:
      "The key that seals everything in Redis and Deno KV: 32 bytes in base64 (openssl rand -base64 32). Several, joined by commas: the first seals, all open",
    read: readKeys,
  },
  REDIS_URL: {
    meaning:
      "The address of Redis: redis:// or rediss:// (TLS) with user and password if any, or redis+sentinel://host:port,host:port/master/0",
    default: "redis://127.0.0.1:6379",
    read: asRedisUrl,
  },
  REDIS_KEY_PREFIX: {
    meaning:
      "What the keys of credentials in Redis start with; the tenant follows. Other keys have key:, lease:, audit:, limit: or change: before it",
    default: "qontak:tokens:",
    read: asText,
  },
  REDIS_TOKEN_TTL: {
    meaning:
      "An access token from Redis is renewed at the latest this many seconds after Qontak gave it. The server never uses a token longer than Qontak allows, and no key in Redis expires",
    default: String(TOKEN_LIFETIME),
    read: readWhole(lifetimeInRedis),
  },
  VAULT_ADDR: {
    meaning: "The address of HashiCorp Vault or OpenBao",
    default: "http://127.0.0.1:8200",
    read: vaultAddress,
  },
  VAULT_TOKEN: {
    meaning: "The token for Vault; it is renewed as long as Vault allows",
    read: pasted,
  },
  VAULT_ROLE_ID: {
    meaning: "Instead of a token: the role id of an AppRole",
    read: pasted,
  },
  VAULT_SECRET_ID: {
    meaning: "The secret id of that AppRole",
    read: pasted,
  },
  VAULT_MOUNT_PATH: {
    meaning: "Where the KV engine, version 2, is mounted",
    default: "secret",
    read: asText,
  },
  VAULT_SECRET_PATH: {
    meaning:
      "The path below the mount, before the tenant. API keys are beside it: a last part tokens becomes keys, any other path gets -keys at its end",
    default: "qontak/tokens",
    read: asText,
  },
  VAULT_NAMESPACE: {
    meaning: "The namespace, if Vault has namespaces",
    read: asText,
  },
  QONTAK_TOOLSETS: {
    meaning: `The groups of tools to offer, joined by commas: ${
      TOOLSETS.join(", ")
    }; all when not set`,
    isSafety: true,
    read: (text: string) => readList(toolsetNames)(text.toLowerCase()),
  },
  QONTAK_TOOLS: {
    meaning:
      "The tools to offer, joined by commas: names of tools and of groups, each with - in front to leave it out, such as deals,search,-delete_deal; with compact, clients list a dozen tools and find the others; all when not set",
    isSafety: true,
    read: readList(toolChoice),
  },
  QONTAK_READ_ONLY: {
    meaning: "true offers only tools that change nothing",
    default: "false",
    isSafety: true,
    read: readFlag,
  },
  QONTAK_CONTENT: {
    meaning:
      "open, or strict: the free text of records (notes, chats, timelines, descriptions, long custom fields) is withheld from the model",
    default: "open",
    isSafety: true,
    read: readWord(oneOf(CONTENTS)),
  },
  QONTAK_TIME_ZONE: {
    meaning:
      "The time zone of questions: when days and months begin, and what a time without an offset means",
    default: DEFAULT_ZONE,
    read: (text: string) => zoneName(text),
  },
  QONTAK_SNAPSHOT_SECONDS: {
    meaning:
      "How long all records of one kind that were read for a question are used for the next ones, in seconds; with 0 each question reads for itself",
    default: String(SNAPSHOT_LIFETIME / 1_000),
    read: readWhole(whole(0, 86_400)),
  },
  QONTAK_SNAPSHOT_MB: {
    meaning:
      "How much memory these records of one company may take, in MiB. What does not fit is not answered, and the answer says so",
    default: String(TENANT_BYTES / MIB),
    read: readWhole(whole(1, 65_536)),
  },
  QONTAK_SNAPSHOT_TOTAL_MB: {
    meaning:
      "How much memory these records of all companies may take, in MiB; the least recently used are dropped first",
    default: String(ALL_BYTES / MIB),
    read: readWhole(whole(1, 1_048_576)),
  },
  QONTAK_TIMEOUT_MS: {
    meaning:
      "How long one call of a tool may take, with all its requests to Qontak, in milliseconds",
    default: String(DEFAULT_TIMEOUT),
    read: readWhole(connectionRules.timeout),
  },
  QONTAK_RETRY_BUDGET_MS: {
    meaning:
      "How long one call may wait in total to retry failed requests, in milliseconds; 0 turns retries off. If Qontak asks for a longer wait, the caller gets an error that says so",
    default: String(RETRY_BUDGET),
    read: readWhole(connectionRules.retryBudget),
  },
  QONTAK_RATE_LIMIT: {
    meaning:
      "How many requests to Qontak each company may send: a number per second, and after a slash how many at once, such as 10/20 (by default twice as many); 0 for no limit. Further requests wait their turn, or are refused with the seconds to wait",
    default: showRate(TENANT_RATE),
    read: readRate,
  },
  QONTAK_GLOBAL_RATE_LIMIT: {
    meaning:
      "How many requests to Qontak all companies may send together, in the same form",
    default: showRate(ALL_RATE),
    read: readRate,
  },
  QONTAK_LIMITS: {
    meaning:
      "Where these limits are counted: memory (each server for itself), or redis (at REDIS_URL) or kv (Deno KV), for all servers together; while that place does not answer, each server uses its own limits",
    default: "memory",
    read: readWord(oneOf(LIMITS)),
  },
  MCP_CALL_RATE: {
    meaning:
      "How many calls each HTTP caller may make that send nothing to Qontak (tools/list, answers from memory), in the form of QONTAK_RATE_LIMIT; further calls are refused with the seconds to wait",
    default: showRate(CALL_RATE),
    read: readRate,
  },
  MCP_STORED_KEYS: {
    meaning:
      "true accepts HTTP callers with keys made by qontak-mcp keys create, which TOKEN_STORE keeps. Where none of MCP_STORED_KEYS, MCP_API_KEYS, MCP_OAUTH_ISSUER and MCP_SIGN_IN is set, HTTP is served to this machine only",
    default: "false",
    read: readFlag,
  },
  MCP_API_KEYS: {
    meaning:
      "Further keys that HTTP callers may present, as SHA-256 hashes (hex) joined by commas; a hash may be followed by :tenants:scopes, each joined by +, such as :acme+beta:read+write",
    read: readStaticKeys,
  },
  MCP_OAUTH_ISSUER: {
    meaning:
      "The authorization server whose JWTs HTTP callers may present: its issuer URL, exactly as in their iss, including a slash at the end",
    read: (text: string) => {
      secureAddress("https://login.example.com")(text);
      return text;
    },
  },
  MCP_OAUTH_AUDIENCE: {
    meaning:
      "With MCP_OAUTH_ISSUER: the name of this server in the audience of JWTs; several names joined by commas",
    read: readNames,
  },
  MCP_OAUTH_TENANT_CLAIM: {
    meaning:
      "With MCP_OAUTH_ISSUER: the claim that names the tenants a JWT is for",
    default: TENANT_CLAIM,
    read: asText,
  },
  MCP_PUBLIC_URL: {
    meaning:
      "The address of this endpoint as callers know it, such as https://crm.example.com/mcp. With MCP_OAUTH_ISSUER, callers are told where to log in at this address only; when not set, at one of MCP_OAUTH_AUDIENCE and on this machine",
    read: secureAddress("https://crm.example.com/mcp"),
  },
  MCP_SIGN_IN: {
    meaning:
      "qontak lets people sign in with Qontak from clients such as Claude.ai: with QONTAK_CLIENT_ID and QONTAK_CLIENT_SECRET of an application at Qontak whose redirect URI is <origin of MCP_PUBLIC_URL>/oauth/callback, MCP_PUBLIC_URL, TOKEN_ENCRYPTION_KEY and TOKEN_STORE=redis or kv",
    default: "off",
    read: readWord(oneOf(["off", "qontak"] as const)),
  },
  MCP_ALLOWED_ORIGINS: {
    meaning:
      "The origins of web pages that may call over HTTP, joined by commas, in addition to this endpoint's own page; also of browser extensions and desktop programs, such as chrome-extension://<id>",
    read: readList(origins(", joined by commas")),
  },
  MCP_TRUSTED_PROXIES: {
    meaning:
      "The reverse proxies in front of this server, joined by commas: addresses, blocks such as 10.0.0.0/8, or private (all private networks and this machine). Only what they write into X-Forwarded-For is believed; when not set, all people behind a proxy are counted as one address where guesses and sign-ins are slowed down",
    read: readList(proxies(", joined by commas")),
  },
  QONTAK_AUDIT: {
    meaning:
      "Where each write to Qontak is recorded: stderr; stderr and kv (Deno KV) or redis, for qontak-mcp audit; or off",
    default: "stderr",
    read: readWord(oneOf(AUDITS)),
  },
  QONTAK_AUDIT_VALUES: {
    meaning:
      "How the sent values are recorded: hash, or keep (the values themselves, in kv and redis only, sealed if TOKEN_ENCRYPTION_KEY is set). stderr always has hashes",
    default: "hash",
    read: readWord(oneOf(["hash", "keep"] as const)),
  },
  QONTAK_AUDIT_DAYS: {
    meaning: "How long records are kept in kv and redis, in days",
    default: "90",
    read: readWhole(keptDays),
  },
  QONTAK_CONFIRM: {
    meaning:
      "Which changes need a plan (dry_run) or the person's own yes, for which the server asks through clients that can: off, deletes or writes (deletes too). off on stdio and deletes over HTTP if it is not set",
    isSafety: true,
    read: readWord(oneOf(CONFIRMS)),
  },
  QONTAK_UNDO_DAYS: {
    meaning:
      "For how many days what records were before changes is kept, so that the changes can be taken back; 0 keeps nothing. It is kept in Redis or Deno KV where the other settings use them and what is there is sealed, else in memory",
    default: String(UNDO_DAYS),
    read: readWhole(undoDays),
  },
  MCP_METRICS: {
    meaning:
      "true answers GET /metrics over HTTP in Prometheus' text format, to callers whose credential has the scope metrics",
    default: "false",
    read: readFlag,
  },
  LOG_LEVEL: {
    meaning: `How much is logged on stderr: ${LOG_LEVELS.join(", ")}`,
    default: DEFAULT_LEVEL,
    read: readWord(oneOf(LOG_LEVELS)),
  },
} as const satisfies Readonly<Record<string, Variable<unknown>>>;

/** Reads a word, ignoring case. */
function readWord<T extends string>(rule: Rule<T>): (text: string) => T {
  return (text) => rule(text.toLowerCase(), text);
}

/** Reads a comma-separated list. */
function readList<T>(rule: Rule<T>): (text: string) => T {
  return (text) => rule(text.split(",").map((entry) => entry.trim()));
}

function readRate(text: string): Rate {
  const [, speed, size] = /^(\d+(?:\.\d+)?)(?:\/(\d+))?$/.exec(text) ?? [];
  const perSecond = Number(speed);
  if (perSecond === 0) return { perSecond: Infinity, burst: 1 };
  const burst = size === undefined
    ? Math.max(1, Math.ceil(2 * perSecond))
    : Number(size);
  const rate = { perSecond, burst };
  if (isRate(rate)) return rate;
  throw new Error(
    `must be requests per second, and after a slash how many at once, up to ${MOST} each, such as 10/20, or 0 for no limit, not ${
      JSON.stringify(text)
    }`,
  );
}

function showRate({ perSecond, burst }: Rate): string {
  return `${perSecond}/${burst}`;
}

/** The words for yes and for no, in lower case. */
const FLAG_WORDS: ReadonlyMap<string, boolean> = new Map([
  ...["true", "1", "yes", "on"].map((word) => [word, true] as const),
  ...["false", "0", "no", "off"].map((word) => [word, false] as const),
]);

/** Reads yes or no. An unknown word is an error and never means no. */
function readFlag(text: string): boolean {
  const isOn = FLAG_WORDS.get(text.toLowerCase());
  if (isOn !== undefined) return isOn;
  throw new Error(
    `must be true or false (1, yes and on are true; 0, no and off are false), not ${
      JSON.stringify(text)
    }`,
  );
}

/** Reads an absolute path, without a slash at its end. */
function readFolder(text: string): string {
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(text)) {
    return text.replace(/(?<=.)[/\\]+$/, "");
  }
  throw new Error(`must be an absolute path, not ${JSON.stringify(text)}`);
}

function readNames(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (!names.includes("")) return names;
  throw new Error("must hold names joined by commas, none of them empty");
}

function readKeys(text: string): Sealer {
  try {
    return createSealer(text.split(",").map((key) => key.trim()));
  } catch {
    throw new Error(
      "must hold keys of 32 bytes in base64, joined by commas, none of them one byte repeated. Make one with: openssl rand -base64 32",
    );
  }
}

/**
 * Reads an address of Redis. Errors do not repeat it, because it may hold a
 * password.
 */
function asRedisUrl(text: string): string {
  try {
    readRedisUrl(text);
  } catch (error) {
    throw error instanceof OptionError ? new Error(error.problem) : error;
  }
  return text;
}
