/**
 * The way to a Redis, also one behind Sentinel.
 *
 * @module
 */
import type { Redis } from "ioredis";
import { redisFailure } from "./redis_errors.ts";
import { readRedisUrl } from "./redis_url.ts";

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
   * @throws {StoreError} When it does not answer, or says no.
   */
  ask<T>(question: (redis: Redis) => Promise<T>): Promise<T>;
  /** Ends the connection. */
  close(): Promise<void>;
}

/**
 * Makes the way to a Redis. Nothing is connected before the first question.
 *
 * @param options Where it is.
 * @throws {OptionError} When the address is invalid.
 */
export function createRedisLink(options: RedisLinkOptions): RedisLink {
  const { url, role, timeout = TIMEOUT } = options;
  const { where, connection } = readRedisUrl(url);
  let connecting: Promise<Redis> | undefined;
  /** What the connection met since it was last good. */
  let failure: unknown;

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
      // Not among the rights that the documents name.
      disableClientInfo: true,
    });
    // Every failure is told by the call that meets it.
    const told = new WeakSet<Error>();
    client.on("error", (error: Error) => {
      // With all Sentinels away, what one of them said says more.
      if (!/^All sentinels/.test(error.message)) failure = error;
      // The library would go on in database 0. Thrown once, its error ends the
      // connection and all that waits for it.
      if (isSelect(error) && !told.has(error)) {
        told.add(error);
        throw error;
      }
    });
    client.on("sentinelError", (error: Error) => failure = error);
    client.on("ready", () => failure = undefined);
    client.on("connect", () => {
      // The library takes one error of a connection. A server that wants a
      // certificate ends it with two, and the second would end the program.
      client.stream.on("error", () => {});
    });
    return client;
  }

  return {
    where,
    async ask(question) {
      connecting ??= connect();
      try {
        return await question(await connecting);
      } catch (error) {
        throw redisFailure({ role, where }, error, failure);
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

/** Whether an error is Redis' answer to the choice of a database. */
function isSelect(error: Error): boolean {
  return "command" in error && (error.command as { name?: string })?.name ===
      "select";
}
