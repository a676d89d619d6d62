/**
 * Strict parsing of Redis addresses, also with Sentinel: rejects what the
 * library would ignore or misread.
 *
 * @module
 */
import type { RedisOptions } from "ioredis";
import { OptionError } from "../errors.ts";
import { defined } from "../values/json.ts";

/** A parsed address. */
export interface RedisAddress {
  /** The hosts, without any secrets. */
  readonly where: string;
  /** The connection options for the library. */
  readonly connection: Omit<RedisOptions, "replyMapping">;
}

const ENCODE =
  "Characters such as @ / ? # % in the user or password must be percent-encoded, such as %40 for @";

/** Messages repeat only the database: the rest may contain a password. */
function refuse(problem: string): never {
  throw new OptionError("url", problem);
}

/**
 * Parses an address: `redis[s]://[user:password@]host[:port][/db]`, or
 * `redis[s]+sentinel://[user:password@]host[:port],…/master[/db]` with
 * `?sentinel_username=…&sentinel_password=…`.
 *
 * @param url The address.
 * @throws {OptionError} When the address is invalid. The message contains no
 * password.
 */
export function readRedisUrl(url: string): RedisAddress {
  const [, tls, sentinel, rest = ""] =
    /^redis(s?)(\+sentinel)?:\/\/([^/].*)$/s.exec(url) ?? [];
  if (rest === "") {
    refuse(
      "must start with redis://, rediss://, redis+sentinel:// or rediss+sentinel://, and a host",
    );
  }
  const [, authority = "", path = "", query = ""] =
    /^([^/?]*)([^?]*)(?:\?(.*))?$/s.exec(rest) ?? [];
  const [hosts = "", login, ...more] = authority.split("@").toReversed();
  if (more.length > 0 || /@/.test(path) || rest.includes("#")) {
    refuse(`is malformed. ${ENCODE}`);
  }
  const [, user = "", password = ""] = /^([^:]*):?(.*)$/s.exec(login ?? "") ??
    [];
  const common = {
    ...defined({
      username: decode(user) || undefined,
      password: decode(password) || undefined,
    }),
    ...(tls ? { tls: {} } : {}),
  };
  const steps = path.replace(/\/$/, "").split("/").slice(1);
  const places = hosts.split(",").map((host) => readHost(host, !!sentinel));
  if (sentinel) {
    const [name = "", db, ...others] = steps;
    if (name === "") {
      refuse(
        "lacks the name of the master after the Sentinels: redis+sentinel://host:26379/mymaster",
      );
    }
    return {
      where: hosts,
      connection: {
        ...common,
        name: decode(name),
        db: readDatabase(db, others),
        sentinels: places,
        ...readQuery(query),
        ...(tls ? { sentinelTLS: {}, enableTLSForSentinelMode: true } : {}),
      },
    };
  }
  if (query !== "") refuse(`has a query, which is not used there. ${ENCODE}`);
  if (places.length > 1) {
    refuse("names several hosts, which only redis+sentinel:// takes");
  }
  const [db, ...others] = steps;
  return {
    where: hosts,
    connection: { ...places[0]!, ...common, db: readDatabase(db, others) },
  };
}

function readDatabase(text = "0", others: readonly string[]): number {
  if (/^\d+$/.test(text) && others.length === 0) return Number(text);
  refuse(
    `must end in the number of a database, such as /0 or /15, not in ${
      JSON.stringify(`/${[text, ...others].join("/")}`)
    }`,
  );
}

function readHost(text: string, isSentinel: boolean) {
  const [, host, port] = /^(\[[^\]]+\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(text) ??
    [];
  if (host === undefined || Number(port ?? 1) < 1 || Number(port) > 65_535) {
    refuse(`holds an invalid host: write host:port. ${ENCODE}`);
  }
  return {
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port ?? (isSentinel ? 26_379 : 6_379)),
  };
}

/** Reads the credentials for the Sentinels. */
function readQuery(query: string) {
  const found: Record<string, string> = {};
  for (const part of query.split("&")) {
    if (part === "") continue;
    const [name = "", ...value] = part.split("=");
    if (name !== "sentinel_username" && name !== "sentinel_password") {
      refuse(
        `may have sentinel_username and sentinel_password in its query, and nothing else. ${ENCODE}`,
      );
    }
    found[name] = decode(value.join("="));
  }
  return defined({
    sentinelUsername: found.sentinel_username || undefined,
    sentinelPassword: found.sentinel_password || undefined,
  });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    refuse(`has a % that encodes nothing. ${ENCODE}`);
  }
}
