/**
 * The advice on errors, worded for the command line: it names environment
 * variables and commands.
 *
 * @module
 */
import { type Advise, adviser, connecting } from "../advice/advice.ts";
import { ConfigError, OptionError } from "../errors.ts";
import { DEFAULT_TENANT } from "../tokens/store.ts";

/** The command that stores a tenant's credentials. */
export function addCommand(tenant: string): string {
  return `qontak-mcp tenants add${
    tenant === DEFAULT_TENANT ? "" : ` ${tenant}`
  }`;
}

/** The wording of every remedy. */
export const advise: Advise = adviser({
  checkAddress: () => "Check QONTAK_BASE_URL",
  checkNetwork: () => "Check the network and QONTAK_BASE_URL",
  ...connecting,
  raiseTimeout: () => "QONTAK_TIMEOUT_MS sets the limit",
  raiseSnapshotMemory: () =>
    "QONTAK_SNAPSHOT_MB and QONTAK_SNAPSHOT_TOTAL_MB set the limits",
  findWhatHangs: () =>
    "The token store or Qontak's token endpoint does not answer: qontak-mcp doctor tests both",
  checkApplication: () =>
    "Check QONTAK_CLIENT_ID, QONTAK_CLIENT_SECRET and QONTAK_REDIRECT_URI: they must be those of the application that the refresh token was made with",
  replaceToken: ({ page, tenant }) =>
    `Make a new one at ${page} and put it in with: ${
      addCommand(tenant)
    } --replace`,
  configureToken: ({ page }) =>
    `Make a new one at ${page}, set it as QONTAK_REFRESH_TOKEN and start again`,
  configureUser: () => "QONTAK_TOKEN_USER says who it is",
  nameUser: ({ tenant }) =>
    `To say who it is, put the credentials in again with the user's id: ${
      addCommand(tenant)
    } --replace --user ID`,
  putInAgain: ({ tenant }) =>
    `Put new credentials in their place with: ${
      addCommand(tenant)
    } --replace. If you put these back yourself, restart the server`,
  addTenant: ({ tenant }) => `Add them with: ${addCommand(tenant)}`,
  useRefreshToken: ({ tenant }) =>
    `Set QONTAK_AUTH=hmac, or give the tenant a refresh token with: ${
      addCommand(tenant)
    } --replace`,
  useSsoId: ({ tenant }) =>
    `Give the tenant a Mekari SSO id with: ${addCommand(tenant)} --replace`,
  addApplication: ({ tenant }) =>
    `Set MEKARI_CLIENT_ID and MEKARI_CLIENT_SECRET, or give the tenant its own with: ${
      addCommand(tenant)
    } --replace`,
  omitTenant: ({ isSigned }) =>
    `Its credentials are in ${
      isSigned ? "MEKARI_SSO_ID" : "QONTAK_REFRESH_TOKEN"
    }: leave user_id out to act for it`,
  keepToken: () =>
    "To keep it, start with deno run --unstable-kv, or have QONTAK_REFRESH_TOKEN in a .env file that this process may write, or set TOKEN_STORE to redis, vault or kv",
  checkRedis: () => "Check that it runs and that REDIS_URL is right",
  checkRedisLogin: () =>
    "Check the user and password in REDIS_URL: characters such as @ / ? # % in them must be percent-encoded, such as %40 for @",
  checkRedisDatabase: () =>
    "Check the number at the end of REDIS_URL; the setting databases of Redis says how many there are",
  grantRedisRights: () =>
    "Give the user all rights of the ACL SETUSER line in TOKENS.md",
  freeRedisMemory: () => "Raise maxmemory of Redis, or free memory there",
  findRedisMaster: () =>
    "Set REDIS_URL to the master, or to the Sentinels that know it (redis+sentinel://)",
  readRedisLog: () => "The log of Redis says more",
  relaxRedisCertificates: () =>
    "Set tls-auth-clients of Redis to no or optional; a user with a password takes the place of the certificate",
  renewRedisCertificate: () =>
    "Give Redis a certificate that is valid for the host in REDIS_URL",
  trustCertificate: () =>
    "Name the file with the certificate of the authority that signed it in DENO_CERT or NODE_EXTRA_CA_CERTS",
  checkVault: () => "Check that it runs and that VAULT_ADDR is right",
  checkVaultPlace: () =>
    "Check that VAULT_ADDR and VAULT_SECRET_PATH are right",
  checkVaultRedirect: () => "Set VAULT_ADDR to the server that answers itself",
  checkVaultPath: () => "Check VAULT_MOUNT_PATH and VAULT_NAMESPACE",
  checkVaultMount: ({ mount }) =>
    `Check VAULT_MOUNT_PATH, or raise the version with "vault kv enable-versioning ${mount}"`,
  replaceVaultToken: () => "Make a new one and set VAULT_TOKEN",
  checkVaultRole: () =>
    "Check VAULT_ROLE_ID and VAULT_SECRET_ID, whether the secret id has expired or is used up, and that AppRole is enabled at auth/approle. After five wrong tries Vault refuses it for 15 minutes",
  checkSealingKeys: () =>
    "TOKEN_ENCRYPTION_KEY must hold the key that they are sealed with; if it was not set, that key is data.key beside Deno KV, whose place qontak-mcp doctor says",
  keepStoreApart: () =>
    "Let that program use another Redis or key prefix, then put the credentials in again: qontak-mcp tenants remove, and tenants add",
  chooseOwnFolder: () =>
    "Give it to the user of this process alone, or name another folder with QONTAK_DATA_DIR",
  sealRecords: () => "qontak-mcp seal shows what is there, and seals it, once",
  revokeKey: ({ id }) => `Remove it with: qontak-mcp keys revoke ${id}`,
  nameCallers: () =>
    "With MCP_STORED_KEYS, MCP_API_KEYS, MCP_OAUTH_ISSUER or MCP_SIGN_IN set, other hosts are served to callers with a credential",
  allowOrigin: () => "MCP_ALLOWED_ORIGINS lets origins in",
  trustProxies: () => "If it is yours, name it in MCP_TRUSTED_PROXIES",
  checkIssuer: () => "Check MCP_OAUTH_ISSUER",
  showContent: () => "QONTAK_CONTENT=strict",
});

/** The environment variables behind the options of stores. */
const variableOf: Readonly<Record<string, string>> = {
  url: "REDIS_URL",
  address: "VAULT_ADDR",
  mountPath: "VAULT_MOUNT_PATH",
  secretPath: "VAULT_SECRET_PATH",
  namespace: "VAULT_NAMESPACE",
};

/**
 * Reports an invalid option of a part as an invalid setting.
 *
 * @param make Creates the part.
 * @throws {ConfigError} The error of the part, in terms of variables.
 */
export function withSettings<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    const { option, problem } = error;
    throw new ConfigError([`${variableOf[option] ?? option} ${problem}`]);
  }
}
