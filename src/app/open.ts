/**
 * Builds the program from its settings. The command line, the deploy entry
 * point and the sandbox mode all start here.
 *
 * @module
 */
import type { AuditStore } from "../audit/store.ts";
import type { KeyStore } from "../auth/key_store.ts";
import type { SignIn } from "../auth/sign_in/sign_in.ts";
import { ConfigError, reasonOf } from "../errors.ts";
import type { Handler } from "../http/handler.ts";
import { createLog, type Log } from "../logging/log.ts";
import { type Access, cacheKvOf, createAccess } from "../qontak/connection.ts";
import type { RunningSandbox } from "../sandbox/mod.ts";
import type { QontakServer, ServerOptions } from "../server.ts";
import { createKv, type Kv } from "../storage/kv.ts";
import type { TokenStore } from "../tokens/store.ts";
import type { EnvStore } from "../tokens/stores/env.ts";
import type {
  Inspected,
  KeyRecords,
  SealedRecords,
} from "../tokens/stores/records.ts";
import { defined } from "../values/json.ts";
import { advisedLog } from "../advice/advice.ts";
import { advise, withSettings } from "./advice.ts";
import { auditOf, loadAuditStore } from "./audit.ts";
import { loadChanges } from "./changes.ts";
import { loadLimits } from "./limits.ts";
import { lazySandbox, sandboxSettings, storesOf } from "./sandbox.ts";
import { serverOptionsOf, type Settings } from "./settings.ts";
import { loadStores, type Stores } from "./stores.ts";

/**
 * The parts of the program. Each part is created on first use, so a command
 * needs only the settings of the parts that it uses, and nothing connects
 * before its first use. Disposing of the program closes all parts.
 */
export interface Program extends AsyncDisposable {
  /** The settings in effect; those of the sandbox if it replaces the CRM. */
  readonly settings: Settings;
  /** Writes log lines. */
  readonly log: Log;
  /** Deno KV, if the runtime has it. */
  readonly kv: Kv | undefined;
  /**
   * Where credentials are kept.
   *
   * @throws {ConfigError} When a setting that the store needs is missing.
   */
  readonly store: TokenStore;
  /** Where API keys are kept; undefined if nothing outlives the process. */
  readonly keys: KeyStore | undefined;
  /** The records of these keys, to move them. */
  readonly keyRecords: KeyRecords | undefined;
  /**
   * Reads what is stored for a company, and changes nothing.
   *
   * @throws {StoreError} When the store fails, or the record is invalid.
   */
  inspect(tenant: string): Promise<Inspected | undefined>;
  /**
   * The records that a sealing key seals in the store; undefined without a key.
   */
  readonly sealed: SealedRecords | undefined;
  /** Where audit records are kept; undefined if they are only logged. */
  readonly audits: AuditStore | undefined;
  /**
   * The options of the server.
   *
   * @throws {ConfigError} When a setting that it needs is missing.
   */
  readonly options: ServerOptions & { readonly store: TokenStore };
  /** The access to the CRM, for commands that do not serve. */
  readonly access: Access;
  /**
   * Signing in with Qontak; undefined if it is off.
   *
   * @throws {ConfigError} When a setting that it needs is missing.
   */
  signIn(): Promise<SignIn | undefined>;
  /** Creates the server. */
  server(): Promise<QontakServer>;
  /**
   * Creates the handler of HTTP requests.
   *
   * @param isPublic Whether other machines can reach the endpoint.
   * @throws {ConfigError} When anyone could call a public endpoint.
   */
  handler(isPublic: boolean): Promise<Handler>;
  /**
   * Why a refresh token that Qontak replaces would be lost; undefined if it is
   * kept.
   */
  losesTokens(): Promise<string | undefined>;
}

/** Options of {@linkcode open}. */
export interface OpenOptions {
  /** Whether the built-in sandbox replaces the CRM. Nothing in it is kept. */
  readonly sandbox?: boolean | RunningSandbox;
  /**
   * Whether the command works on the store, which the sandbox does not have.
   */
  readonly isStoreCommand?: boolean;
}

/**
 * Builds the program. It loads what the settings choose, and no other store.
 *
 * @param given The settings.
 * @param options Whether the sandbox replaces the CRM.
 * @returns The program; the caller disposes of it.
 */
export async function open(
  given: Settings,
  { sandbox: replacement = false, isStoreCommand = false }: OpenOptions = {},
): Promise<Program> {
  // Parts are closed in reverse order: a part's users before the part.
  const opened = new AsyncDisposableStack();
  const closing = <T extends { close?(): Promise<void> } | undefined>(
    part: T,
  ): T => {
    opened.defer(async () => await part?.close?.());
    return part;
  };
  const isSandbox = replacement !== false;
  const settings = isSandbox ? sandboxSettings(given, replacement) : given;
  const log = advisedLog(createLog(settings.LOG_LEVEL), advise);
  const sandbox = replacement === true ? lazySandbox() : undefined;
  const { place, TOKEN_ENCRYPTION_KEY: configured } = settings;
  const { kv: ownKv, sealer } = isSandbox
    ? { kv: undefined, sealer: configured }
    : place
    ? (await import("./kv.ts")).openKvAt({ place, configured, log })
    : { kv: createKv(log), sealer: configured };
  const kv = closing(ownKv);
  const cacheKv = cacheKvOf(
    { kv, tokenCache: settings.TOKEN_CACHE },
    settings.TOKEN_STORE,
  );

  const [openStores, openAuditStore, openLimits, openChanges] = await Promise
    .all([
      loadStores(settings),
      loadAuditStore(settings),
      loadLimits(settings),
      loadChanges(settings, { kv, sealer, cacheKv }),
    ]);

  // What is missing may be there under a misspelled name.
  const { warnings } = settings;
  const stores = once((): Stores => {
    if (typeof replacement !== "boolean") return storesOf(replacement);
    const stores = withUnknown(
      warnings,
      () => openStores({ kv, sealer, cacheKv, log, isStoreCommand }),
    );
    closing(stores.store);
    return stores;
  });
  const audits = once(() => closing(openAuditStore({ kv, sealer })));
  const options = once(() => {
    const { store } = stores();
    for (const warning of warnings) log("warn", warning);
    if (cacheKv && !sealer) {
      log(
        "warn",
        "Tokens are cached unsealed in Deno KV: anyone who can read the database can use them. Set TOKEN_ENCRYPTION_KEY",
      );
    }
    return {
      ...serverOptionsOf(settings),
      ...defined({ sealer }),
      ...(isSandbox ? { kv: false as const } : defined({ kv })),
      ...defined({ fetch: sandbox }),
      limits: closing(openLimits({ kv, log })),
      store,
      log,
      advise,
      onRefused,
      audit: auditOf(settings, audits()),
      changes: {
        store: closing(openChanges()),
        undoDays: settings.QONTAK_UNDO_DAYS,
      },
    };
  });
  const access = once(() => closing(createAccess(options())));
  let signedIn: SignIn | undefined;
  /** The sessions that are being ended. */
  const endings = new Set<Promise<void>>();
  const signIn = once(async () => {
    if (settings.MCP_SIGN_IN === "off") return undefined;
    const { demandSignIn, openSignIn } = await import("./sign_in.ts");
    withUnknown(
      warnings,
      () => demandSignIn(settings, { isSandbox, kv, sealer }),
    );
    const { signIn, store } = withSettings(() =>
      openSignIn(settings, {
        isSandbox,
        kv,
        sealer,
        tokens: stores().store,
        access: access(),
        log,
      })
    );
    closing(store);
    // They use the stores, which close after this.
    opened.defer(async () => {
      while (endings.size > 0) await Promise.all(endings);
    });
    return signedIn = signIn;
  });
  /** Ends the sessions of a person whose tokens Qontak refuses. */
  const onRefused = (tenant: string) => {
    if (!signedIn) return;
    const ending = signedIn.endTenant(tenant)
      .catch((error) =>
        log("warn", "Sessions could not be ended", { ...reasonOf(error) })
      )
      .finally(() => endings.delete(ending));
    endings.add(ending);
  };
  const server = once(async () => {
    // Commands that do not serve do not load it.
    const made = options();
    const { createServer } = await import("../server.ts");
    return closing(createServer(made));
  });

  return {
    settings,
    log,
    kv,
    get store() {
      return stores().store;
    },
    get keys() {
      return stores().keys;
    },
    get keyRecords() {
      return stores().keyRecords;
    },
    inspect: (tenant) => stores().inspect(tenant),
    get sealed() {
      return stores().sealed;
    },
    get audits() {
      return audits();
    },
    get options() {
      return options();
    },
    get access() {
      return access();
    },
    server,
    signIn,
    async handler(isPublic) {
      // Before anything that would name less of what is missing.
      const people = await signIn();
      const [made, { createHandler }, { callersOf }] = await Promise.all([
        server(),
        import("../http/handler.ts"),
        import("./callers.ts"),
      ]);
      const { keys } = stores();
      return createHandler(
        made,
        {
          ...callersOf(settings, { isPublic, keys, signIn: people, log }),
          inventedData: isSandbox,
        },
      );
    },
    async losesTokens() {
      const { store } = stores();
      // The sandbox replaces no tokens, and signed calls do not use them.
      if (isSandbox || settings.QONTAK_AUTH === "hmac") return undefined;
      if (!("keeps" in store)) return undefined;
      return await (store as EnvStore).keeps() === "memory"
        ? "QONTAK_REFRESH_TOKEN is only in the environment, where the token that replaces it cannot be kept: start with deno run --unstable-kv, keep the token in a .env file that may be written, or choose another TOKEN_STORE"
        : undefined;
    },
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/**
 * Names the unknown variables with what is missing.
 *
 * @param warnings The sentences about them.
 * @param run Fails when a setting is missing.
 * @throws {ConfigError} The same, with these sentences.
 */
function withUnknown<T>(warnings: readonly string[], run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ConfigError([...error.problems, ...warnings]);
  }
}

/**
 * Creates a part on first use, and then returns the same one. An invalid option
 * of the part is reported as an invalid setting.
 */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: withSettings(make) }).value;
}
