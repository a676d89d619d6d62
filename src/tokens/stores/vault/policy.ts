/**
 * Where secrets are in Vault, and the policy that opens just those paths.
 *
 * @module
 */

/** Where the KV engine is mounted unless set otherwise. */
export const MOUNT_PATH = "secret";

/** The path of credentials below the mount unless set otherwise. */
export const SECRET_PATH = "qontak/tokens";

/** What is kept in Vault: the credentials of companies, or API keys. */
export type VaultContent = "tokens" | "keys";

/** Where secrets are, as {@linkcode vaultPolicy} takes it. */
export interface VaultPaths {
  /**
   * Where the KV engine is mounted.
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
 * Where API keys are: beside the credentials, in a path that the policy for
 * credentials does not open. For `qontak/tokens` that is `qontak/keys`, for
 * any other `path` it is `path-keys`.
 *
 * @param secretPath The path of credentials below the mount.
 */
export function keysBeside(secretPath: string): string {
  return /(^|\/)tokens$/.test(secretPath)
    ? secretPath.replace(/tokens$/, "keys")
    : `${secretPath}-keys`;
}

/** The comments of the three rules that each content needs. */
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

/** What the token for Vault may do with itself. */
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
 * The policy that the token for Vault needs, no more and no less, in Vault's
 * own language.
 *
 * @param content What is kept; the policy for API keys is needed in addition
 * to the one for credentials.
 * @param paths Where the secrets are.
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
