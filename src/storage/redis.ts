/**
 * The way to a Redis, also one behind Sentinel.
 *
 * @module
 */
import type { Redis, RedisOptions } from "ioredis";
import { StoreError } from "../errors.ts";
import { defined } from "../values/json.ts";

/** Settings of {@linkcode createRedisLink}. */
export interface RedisLinkOptions {
  /**
   * Where Redis is: redis:// or rediss://, with a user and password if any.
   * With Sentinel: `redis+sentinel://[user:password@]host:port,…/master[/db]`,
   * where `?sentinel_username=…&sentinel_password=…` may follow.
   */
  readonly url: string;
  /** What it is, for messages, such as `token store`. */
  readonly role: string;
  /**
   * How long Redis may take to answer, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
}

/** What the keys start with unless set otherwise. */
export const KEY_PREFIX = "qontak:tokens:";

/** How long Redis may take to answer unless set otherwise, in ms. */
const TIMEOUT = 5_000;

/** The way to a Redis. */
export interface RedisLink {
  /** The hosts; nothing secret. */
  readonly where: string;
  /**
   * Asks it, over a connection that is made with the first question.
   *
   * @throws {StoreError} When it does not answer.
   */
  ask<T>(question: (redis: Redis) => Promise<T>): Promise<T>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/**
 * Makes the way to a Redis. Nothing is connected before the first question.
 *
 * @param options Where it is.
 * @throws {TypeError} When the address is none.
 */
export function createRedisLink(options: RedisLinkOptions): RedisLink {
  const { url, role, timeout = TIMEOUT } = options;
  const { where, ...connection } = readUrl(url);
  let connecting: Promise<Redis> | undefined;

  async function connect(): Promise<Redis> {
    // A heavy library, loaded only where it is chosen.
    const { Redis } = await import("ioredis");
    const client = new Redis({
      ...connection,
      connectTimeout: timeout,
      commandTimeout: timeout,
      // A call fails fast; the connection itself is tried again and again.
      maxRetriesPerRequest: 1,
      retryStrategy: pause,
      sentinelRetryStrategy: pause,
      lazyConnect: true,
    });
    // Every failure is told by the call that meets it.
    client.on("error", () => {});
    return client;
  }

  return {
    where,
    async ask(question) {
      connecting ??= connect();
      try {
        return await question(await connecting);
      } catch (error) {
        // The library's own message may hold the address with its password.
        const code = error instanceof Error && "code" in error
          ? ` (${String(error.code)})`
          : error instanceof Error && /NOAUTH|WRONGPASS/.test(error.message)
          ? " (it refuses the user or password)"
          : "";
        throw new StoreError(
          `The ${role} does not answer: Redis at ${where}${code}. Nothing was lost`,
          { what: "checkRedis" },
        );
      }
    },
    async close() {
      (await connecting)?.disconnect();
      connecting = undefined;
    },
  };
}

/** How long to wait before the next try to connect, in ms. */
function pause(tries: number): number {
  return Math.min(tries * 100, 2_000);
}

/** Addresses with the hosts, and nothing secret, under `where`. */
function readUrl(
  url: string,
): Omit<RedisOptions, "replyMapping"> & { readonly where: string } {
  const match =
    /^redis(s?)(\+sentinel)?:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^/?#]+)([^?#]*)(?:\?([^#]*))?$/
      .exec(url);
  if (!match) {
    throw new TypeError(
      "The address of Redis is none: it must be like redis://127.0.0.1:6379",
    );
  }
  const [, tls, sentinel, user, password, where = "", path = "", query = ""] =
    match;
  const [, ...steps] = path.split("/").map(decodeURIComponent);
  const hosts = where.split(",").map((host) => readHost(host, sentinel));
  const common = defined({
    username: decoded(user),
    password: decoded(password),
    tls: tls ? {} : undefined,
  });
  if (!sentinel) {
    const [db = ""] = steps;
    return { ...hosts[0]!, ...common, where, db: Number(db || 0) };
  }
  const [name = "", db = ""] = steps;
  if (name === "") {
    throw new TypeError(
      "The address of Redis Sentinel lacks the name of the master: redis+sentinel://host:26379/mymaster",
    );
  }
  const params = new URLSearchParams(query);
  return {
    ...common,
    where,
    name,
    db: Number(db || 0),
    sentinels: hosts,
    ...defined({
      sentinelUsername: params.get("sentinel_username") ?? undefined,
      sentinelPassword: params.get("sentinel_password") ?? undefined,
    }),
    ...(tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
  };
}

function readHost(text: string, sentinel: string | undefined) {
  const [, host, port] = /^(\[[^\]]+\]|[^:]+)(?::(\d+))?$/.exec(text) ?? [];
  if (host === undefined) {
    throw new TypeError(
      "The address of Redis holds a host that is none: write host:port",
    );
  }
  return {
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port ?? (sentinel ? 26_379 : 6_379)),
  };
}

function decoded(text: string | undefined): string | undefined {
  return text ? decodeURIComponent(text) : undefined;
}
