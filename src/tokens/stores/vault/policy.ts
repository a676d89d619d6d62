/**
 * The paths of secrets in Vault, and the policy that grants only those paths.
 *
 * @module
 */

/** The default mount path of the KV engine. */
export const MOUNT_PATH = "secret";

/** The default path of credentials below the mount. */
export const SECRET_PATH = "qontak/tokens";

/** What Vault stores: the credentials of companies, or API keys. */
export type VaultContent = "tokens" | "keys";

/** The paths of secrets, for {@linkcode vaultPolicy}. */
export interface VaultPaths {
  /**
   * The mount path of the KV engine.
   *
   * @default {"secret"}
   */
  readonly mountPath?: string;
  /**
   * The path of credentials below the mount.
   *
   * @default {"qontak/tokens"}
   */
  readonly secretPath?: string;
}

/**
 * The path of API keys. It is next to the credentials, and the policy for
 * credentials does not grant it. For `qontak/tokens` it is `qontak/keys`; for
 * any other `path` it is `path-keys`.
 *
 * @param secretPath The path of credentials below the mount.
 */
export function keysBeside(secretPath: string): string {
  return /(^|\/)tokens$/.test(secretPath)
    ? secretPath.replace(/tokens$/, "keys")
    : `${secretPath}-keys`;
}

/** The comments of the three rules for each kind of content. */
const COMMENTS: Readonly<Record<VaultContent, readonly string[]>> = {
  tokens: [
    "The credentials of each company, and the lease to refresh them.",
    "Forgetting a company, with every version.",
    "The list of companies.",
  ],
  keys: [
    "With stored keys: the keys of callers, and when each was last used.",
    "Revoking a key.",
    "The list of keys.",
  ],
};

/** What the Vault token may do with itself. */
const SESSION = `
# How long the token lives, and that it lives on.
path "auth/token/lookup-self" {
  capabilities = ["read"]
}
path "auth/token/renew-self" {
  capabilities = ["update"]
}
`;

/**
 * The exact policy that the Vault token needs, in Vault's policy language.
 *
 * @param content What is stored. API keys need their policy in addition to the
 * one for credentials.
 * @param paths The paths of the secrets.
 */
export function vaultPolicy(
  content: VaultContent,
  paths: VaultPaths = {},
): string {
  const { mountPath = MOUNT_PATH, secretPath = SECRET_PATH } = paths;
  const path = content === "tokens" ? secretPath : keysBeside(secretPath);
  const rules = [
    [`data/${path}/*`, `"create", "read", "update"`],
    [`metadata/${path}/*`, `"delete"`],
    [`metadata/${path}`, `"list"`],
  ].map(([below, capabilities], index) =>
    `# ${COMMENTS[content][index]}
path "${mountPath}/${below}" {
  capabilities = [${capabilities}]
}
`
  );
  return rules.join("\n") + (content === "tokens" ? SESSION : "");
}
