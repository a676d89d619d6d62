/**
 * Creates the audit that the settings configure.
 *
 * @module
 */
import { ConfigError } from "../errors.ts";
import type { Settings } from "./settings.ts";
import type { Kv } from "../storage/kv.ts";
import type { Sealer } from "../storage/sealing.ts";
import { createLog } from "../logging/log.ts";
import { defined } from "../values/json.ts";
import type { AuditOptions } from "../audit/audit.ts";
import type { AuditStore } from "../audit/store.ts";

/**
 * Creates the audit option.
 *
 * @param settings The settings.
 * @param store Where records are kept, from {@linkcode openAuditStore}.
 * @returns An option of createServer.
 * @throws {ConfigError} When a setting asks for something that is not
 * available.
 */
export function auditOf(
  settings: Settings,
  store: AuditStore | undefined,
): AuditOptions | false {
  if (settings.QONTAK_AUDIT === "off") return false;
  const keepsValues = settings.QONTAK_AUDIT_VALUES === "keep";
  if (keepsValues && !store) {
    throw new ConfigError([
      "QONTAK_AUDIT_VALUES=keep needs QONTAK_AUDIT=kv or redis: values that were sent are never written to stderr",
    ]);
  }
  // Changes are logged at every log level.
  const level = settings.LOG_LEVEL === "debug" ? "debug" : "info";
  const log = createLog(level);
  const isSealed = settings.TOKEN_ENCRYPTION_KEY !== undefined ||
    (settings.QONTAK_AUDIT === "kv" && settings.place !== undefined);
  if (keepsValues && !isSealed) {
    log(
      "warn",
      "Audit records hold the values that were sent, unsealed: anyone who can read them sees phone numbers and notes. Set TOKEN_ENCRYPTION_KEY",
      defined({ store: store?.name }),
    );
  }
  return { log, keepsValues, ...defined({ store }) };
}

/**
 * Opens the place where records are kept; `qontak-mcp audit` uses it too.
 * Undefined if they are only written to stderr, or not recorded.
 *
 * @param parts Deno KV, if the runtime has it, and what seals it.
 * @throws {ConfigError} When a setting asks for something that is not
 * available.
 */
export type OpenAuditStore = (parts: {
  readonly kv: Kv | undefined;
  readonly sealer: Sealer | undefined;
}) => AuditStore | undefined;

/**
 * Loads what opens the place where records are kept.
 *
 * @param settings The settings.
 */
export async function loadAuditStore(
  settings: Settings,
): Promise<OpenAuditStore> {
  const { QONTAK_AUDIT_DAYS: days } = settings;
  if (settings.QONTAK_AUDIT === "redis") {
    const { createRedisAuditStore } = await import("../audit/stores/redis.ts");
    return () =>
      createRedisAuditStore({
        url: settings.REDIS_URL,
        keyPrefix: settings.REDIS_KEY_PREFIX,
        days,
        ...defined({ sealer: settings.TOKEN_ENCRYPTION_KEY }),
      });
  }
  if (settings.QONTAK_AUDIT !== "kv") return () => undefined;
  const { createKvAuditStore } = await import("../audit/stores/kv.ts");
  return ({ kv, sealer }) => {
    if (kv) return createKvAuditStore({ kv, days, ...defined({ sealer }) });
    throw new ConfigError([
      "QONTAK_AUDIT=kv needs Deno KV: start with deno run --unstable-kv, or attach a database on Deno Deploy",
    ]);
  };
}
