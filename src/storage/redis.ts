/**
 * The connection to Redis, directly or through Sentinel.
 *
 * @module
 */
import type { Redis } from "ioredis";
import { redisFailure } from "./redis_errors.ts";
import { readRedisUrl } from "./redis_url.ts";

/** Settings of {@linkcode createRedisLink}. */
export interface RedisLinkOptions {
  /**
   * The address of Redis: redis:// or rediss://, with an optional user and
   * password. With Sentinel:
   * `redis+sentinel://[user:password@]host:port,…/master[/db]`, optionally
   * followed by `?sentinel_username=…&sentinel_password=…`.
   */
  readonly url: string;
  /** What it is used for, for messages, such as `token store`. */
  readonly role: string;
  /**
   * How long to wait for an answer from Redis, in ms.
   *
   * @default {5000}
   */
  readonly timeout?: number;
}

/** The default prefix of the keys. */
export const KEY_PREFIX = "qontak:tokens:";

/** The default timeout for an answer from Redis, in ms. */
const TIMEOUT = 5_000;

/** A connection to Redis. */
export interface RedisLink {
  /** The hosts, without any secrets. */
  readonly where: string;
  /**
   * Runs a command. The first command opens the connection.
   *
   * @throws {StoreError} When Redis does not answer, or refuses the command.
   */
  ask<T>(question: (redis: Redis) => Promise<T>): Promise<T>;
  /** Closes the connection. */
  close(): Promise<void>;
}

/**
 * Makes the connection to Redis. It connects at the first command.
 *
 * @param options The address and the timeout.
 * @throws {OptionError} When the address is invalid.
 */
export function createRedisLink(options: RedisLinkOptions): RedisLink {
  const { url, role, timeout = TIMEOUT } = options;
  const { where, connection } = readRedisUrl(url);
  let connecting: Promise<Redis> | undefined;
  /** The connection's last error since it last worked. */
  let failure: unknown;

  async function connect(): Promise<Redis> {
    // A large library, loaded only if Redis is used.
    const { Redis } = await import("ioredis");
    const client = new Redis({
      ...connection,
      connectTimeout: timeout,
      commandTimeout: timeout,
      // A command fails quickly; the connection itself keeps retrying.
      maxRetriesPerRequest: 1,
      retryStrategy: pause,
      sentinelRetryStrategy: pause,
      lazyConnect: true,
      // The documented permissions do not include this command.
      disableClientInfo: true,
    });
    // The command that fails reports the error.
    const told = new WeakSet<Error>();
    client.on("error", (error: Error) => {
      // If all Sentinels fail, the error of a single one is more specific.
      if (!/^All sentinels/.test(error.message)) failure = error;
      // The library would continue in database 0. Throwing the error once
      // closes the connection and rejects all waiting commands.
      if (isSelect(error) && !told.has(error)) {
        told.add(error);
        throw error;
      }
    });
    client.on("sentinelError", (error: Error) => failure = error);
    client.on("ready", () => failure = undefined);
    client.on("connect", () => {
      // The library handles only one error per connection. A server that
      // requires a certificate causes two, and the second would end the
      // program.
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

/** The delay before the next attempt to connect, in ms. */
function pause(tries: number): number {
  return Math.min(tries * 100, 2_000);
}

/** Whether an error is Redis's answer to selecting a database. */
function isSelect(error: Error): boolean {
  return "command" in error && (error.command as { name?: string })?.name ===
      "select";
}
