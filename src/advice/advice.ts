/**
 * The advice on errors. An error names its remedy, and the wording depends on
 * the reader: a program that embeds the server has options, a person at the
 * command line has variables and commands.
 *
 * @module
 */
import type { Log } from "../logging/log.ts";

/** Every remedy, with the values that its text needs. */
export type Remedies = {
  /** Qontak is not at the configured address. */
  readonly checkAddress: Readonly<Record<never, never>>;
  /** Qontak cannot be reached. */
  readonly checkNetwork: Readonly<Record<never, never>>;
  /** A certificate is not valid today, or the clock of this machine is wrong. */
  readonly checkClock: Readonly<Record<never, never>>;
  /** The proxy that the environment names does not work. */
  readonly checkProxy: Readonly<Record<never, never>>;
  /** The runtime does not allow the connection. */
  readonly allowNetwork: Readonly<Record<never, never>>;
  /** Qontak did not answer in time. */
  readonly raiseTimeout: Readonly<Record<never, never>>;
  /** Getting credentials took too long. */
  readonly findWhatHangs: Readonly<Record<never, never>>;
  /** Qontak does not know the OAuth application. */
  readonly checkApplication: Readonly<Record<never, never>>;
  /**
   * A refresh token is no longer valid; `page` is where to create a new one.
   */
  readonly replaceToken: { readonly tenant: string; readonly page: string };
  /** The configured refresh token is no longer valid. */
  readonly configureToken: { readonly page: string };
  /** The user behind the only company's token is not known. */
  readonly configureUser: Readonly<Record<never, never>>;
  /** The user behind a tenant's token is not known. */
  readonly nameUser: { readonly tenant: string };
  /** The credentials in the store are older than those that were used last. */
  readonly putInAgain: { readonly tenant: string };
  /** A tenant has no credentials. */
  readonly addTenant: { readonly tenant: string };
  /**
   * A tenant has credentials for Mekari's gateway, but the server uses OAuth.
   */
  readonly useRefreshToken: { readonly tenant: string };
  /**
   * A tenant has credentials for OAuth, but the server uses Mekari's gateway.
   */
  readonly useSsoId: { readonly tenant: string };
  /** A tenant has no application at Mekari. */
  readonly addApplication: { readonly tenant: string };
  /** The call named a tenant, but the server serves only one company. */
  readonly omitTenant: { readonly isSigned: boolean };
  /** A new refresh token cannot be saved. */
  readonly keepToken: Readonly<Record<never, never>>;
  /** Redis does not answer. */
  readonly checkRedis: Readonly<Record<never, never>>;
  /** Redis rejects the user or password. */
  readonly checkRedisLogin: Readonly<Record<never, never>>;
  /** Redis does not have the database in the address. */
  readonly checkRedisDatabase: Readonly<Record<never, never>>;
  /** The Redis user lacks a permission. */
  readonly grantRedisRights: Readonly<Record<never, never>>;
  /** Redis is out of memory. */
  readonly freeRedisMemory: Readonly<Record<never, never>>;
  /** The Redis server is a replica. */
  readonly findRedisMaster: Readonly<Record<never, never>>;
  /** Redis refuses for another reason. */
  readonly readRedisLog: Readonly<Record<never, never>>;
  /** Redis requires client certificates. */
  readonly relaxRedisCertificates: Readonly<Record<never, never>>;
  /** The certificate of Redis has expired, or is for another host. */
  readonly renewRedisCertificate: Readonly<Record<never, never>>;
  /** A certificate is signed by an unknown authority. */
  readonly trustCertificate: Readonly<Record<never, never>>;
  /** Vault does not answer. */
  readonly checkVault: Readonly<Record<never, never>>;
  /** The server at Vault's address is not Vault. */
  readonly checkVaultPlace: Readonly<Record<never, never>>;
  /** The server at Vault's address redirects requests. */
  readonly checkVaultRedirect: Readonly<Record<never, never>>;
  /** Vault has nothing at the path. */
  readonly checkVaultPath: Readonly<Record<never, never>>;
  /** There is no KV engine of version 2 at the mount. */
  readonly checkVaultMount: { readonly mount: string };
  /** The token for Vault has expired. */
  readonly replaceVaultToken: Readonly<Record<never, never>>;
  /** Vault issues no token for the role. */
  readonly checkVaultRole: Readonly<Record<never, never>>;
  /** None of the keys can open a record. */
  readonly checkSealingKeys: Readonly<Record<never, never>>;
  /** Other users could read or replace the folder of Deno KV. */
  readonly chooseOwnFolder: Readonly<Record<never, never>>;
  /** A record is not sealed, although there is a sealing key. */
  readonly sealRecords: Readonly<Record<never, never>>;
  /** Another program overwrites the records of a store. */
  readonly keepStoreApart: Readonly<Record<never, never>>;
  /** A key record is not from this program. */
  readonly revokeKey: { readonly id: string };
  /**
   * Callers from other machines are refused, because no way to identify them is
   * set.
   */
  readonly nameCallers: Readonly<Record<never, never>>;
  /** Web pages of an origin are refused. */
  readonly allowOrigin: Readonly<Record<never, never>>;
  /** A proxy passes requests on, and is not trusted. */
  readonly trustProxies: Readonly<Record<never, never>>;
  /** The issuer of JWTs does not answer correctly. */
  readonly checkIssuer: Readonly<Record<never, never>>;
  /** The records of a company need more memory than is allowed. */
  readonly raiseSnapshotMemory: Readonly<Record<never, never>>;
  /** The free text of records is withheld. */
  readonly showContent: Readonly<Record<never, never>>;
};

/** How to fix an error: the name of the remedy, and the values for its text. */
export type Remedy = {
  [N in keyof Remedies]: { readonly what: N } & Remedies[N];
}[keyof Remedies];

/** Words a remedy as a sentence without a full stop. */
export type Advise = (remedy: Remedy) => string;

/** The wording of every remedy. */
export type Advice = {
  readonly [N in keyof Remedies]: (data: Remedies[N]) => string;
};

/** Creates an advisor from a table. */
export function adviser(advice: Advice): Advise {
  return <N extends keyof Remedies>(
    remedy: { readonly what: N } & Remedies[N],
  ) => advice[remedy.what](remedy);
}

/**
 * Advice on connections that no option or variable of this program configures.
 */
export const connecting: Pick<
  Advice,
  "checkClock" | "checkProxy" | "allowNetwork"
> = {
  checkClock: () =>
    "If the date is wrong, set this machine's clock; otherwise the certificate must be renewed",
  checkProxy: () =>
    "Check HTTPS_PROXY and HTTP_PROXY, or except the host with NO_PROXY",
  allowNetwork: () =>
    "Start with deno run -A, or with --allow-net for that host",
};

const toStore = (what: string) => `put ${what} into the store`;

/** The wording for programs that embed the server: it names options. */
export const adviseEmbedder: Advise = adviser({
  checkAddress: () => "Check the option baseUrl",
  checkNetwork: () => "Check the network and the option baseUrl",
  ...connecting,
  raiseTimeout: () => "The option timeout sets the limit",
  raiseSnapshotMemory: () =>
    "The options snapshotBytes and snapshotTotalBytes set the limits",
  findWhatHangs: () =>
    "The token store or Qontak's token endpoint does not answer: ready() of the server tests both",
  checkApplication: () =>
    "Check the options clientId, clientSecret and redirectUri: they must be those of the application that the refresh token was made with",
  replaceToken: ({ page }) => `Make a new one at ${page} and ${toStore("it")}`,
  configureToken: ({ page }) =>
    `Make a new one at ${page} and make the server with it`,
  configureUser: () => "The option tokenUser says who it is",
  nameUser: () => `To say who it is, ${toStore("the user's id as user")}`,
  putInAgain: () =>
    "Put new credentials into the store. If you put these back yourself, start the program again",
  addTenant: () => `To add them, ${toStore("them")}`,
  useRefreshToken: () =>
    `Set the option auth to "hmac", or ${toStore("a refresh token")}`,
  useSsoId: () =>
    `Set the option auth to "oauth", or ${toStore("a Mekari SSO id")}`,
  addApplication: () =>
    `Set the options clientId and clientSecret, or ${
      toStore("the tenant's own application")
    }`,
  omitTenant: () => "Leave user_id out to act for it",
  keepToken: () =>
    "To keep it, run with --unstable-kv, or give the option store a store of @qontak/mcp/stores, such as createEnvStore with a file",
  checkRedis: () => "Check that it runs and that the option url is right",
  checkRedisLogin: () =>
    "Check the user and password in the option url: characters such as @ / ? # % in them must be percent-encoded, such as %40 for @",
  checkRedisDatabase: () =>
    "Check the number at the end of the option url; the setting databases of Redis says how many there are",
  grantRedisRights: () =>
    "Give the user all rights of the ACL SETUSER line in TOKENS.md",
  freeRedisMemory: () => "Raise maxmemory of Redis, or free memory there",
  findRedisMaster: () =>
    "Set the option url to the master, or to the Sentinels that know it (redis+sentinel://)",
  readRedisLog: () => "The log of Redis says more",
  relaxRedisCertificates: () =>
    "Set tls-auth-clients of Redis to no or optional; a user with a password takes the place of the certificate",
  renewRedisCertificate: () =>
    "Give Redis a certificate that is valid for the host in the option url",
  trustCertificate: () =>
    "Name the file with the certificate of the authority that signed it in DENO_CERT or NODE_EXTRA_CA_CERTS",
  checkVault: () => "Check that it runs and that the option address is right",
  checkVaultPlace: () =>
    "Check that the options address and secretPath are right",
  checkVaultRedirect: () =>
    "Set the option address to the server that answers itself",
  checkVaultPath: () => "Check the options mountPath and namespace",
  checkVaultMount: ({ mount }) =>
    `Check the option mountPath, or raise the version with "vault kv enable-versioning ${mount}"`,
  replaceVaultToken: () => "Make a new one and set the option token",
  checkVaultRole: () =>
    "Check the options roleId and secretId, whether the secret id has expired or is used up, and that AppRole is enabled at auth/approle. After five wrong tries Vault refuses it for 15 minutes",
  checkSealingKeys: () => "Make the sealer with the key that sealed it as well",
  keepStoreApart: () =>
    "Let that program use another place or key prefix, then put the credentials into the store again",
  chooseOwnFolder: () =>
    "Give it to the user of this process alone, or keep Deno KV elsewhere",
  sealRecords: () =>
    "If it is yours, remove it and put it in again through a store with the sealer",
  revokeKey: () => "Remove it from the store",
  nameCallers: () =>
    "With the option authenticate, other hosts are served to callers with a credential",
  trustProxies: () =>
    "If it is yours, name it in the option trustedProxies of the handler",
  allowOrigin: () => "The option allowedOrigins lets origins in",
  checkIssuer: () => "Check the address of the issuer",
  showContent: () => "content: strict",
});

/**
 * Creates a log whose lines include advice. The advice for a line's remedy
 * follows its reason, or its message if it has no reason.
 *
 * @param log Writes the lines.
 * @param advise Words the remedies.
 */
export function advisedLog(log: Log, advise: Advise): Log {
  return (level, message, details = {}) => {
    const { remedy, reason, ...others } = details;
    if (!isRemedy(remedy)) return log(level, message, details);
    const words = advise(remedy);
    return typeof reason === "string"
      ? log(level, message, { ...others, reason: `${reason}. ${words}` })
      : log(level, `${message}. ${words}`, others);
  };
}

function isRemedy(value: unknown): value is Remedy {
  return typeof value === "object" && value !== null && "what" in value;
}
