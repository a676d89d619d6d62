/**
 * Error messages for Redis: each error that a person can fix has its own
 * sentence. The library's messages may contain the address with its password,
 * or the data sent, so they are never passed on.
 *
 * @module
 */
import type { Remedy } from "../advice/advice.ts";
import { StoreError } from "../errors.ts";

/** A kind of failure. */
interface Failure {
  /** Matches the message or the code of the error. */
  readonly pattern: RegExp;
  /** The problem, as a phrase that follows the name of the Redis. */
  readonly problem: (found: RegExpExecArray) => string;
  readonly remedy: Remedy;
}

const checkRedis: Remedy = { what: "checkRedis" };
const findMaster: Remedy = { what: "findRedisMaster" };

/** Refusals by Redis or a Sentinel. */
const REFUSALS: readonly Failure[] = [
  {
    pattern: /\b(NOAUTH|WRONGPASS)\b|invalid password/,
    problem: () => "refuses the user or password",
    remedy: { what: "checkRedisLogin" },
  },
  {
    pattern: /(?:NOPERM|ACL failure).*?'([\w|]+)'/s,
    problem: ([, command]) => `does not let this user run ${command} (NOPERM)`,
    remedy: { what: "grantRedisRights" },
  },
  {
    pattern: /The user executing the script can't run this command/,
    problem: () =>
      "does not let this user run the commands of its scripts (NOPERM)",
    remedy: { what: "grantRedisRights" },
  },
  {
    pattern: /NOPERM|ACL failure|The user executing the script/,
    problem: () => "does not let this user use the keys that it needs (NOPERM)",
    remedy: { what: "grantRedisRights" },
  },
  {
    pattern: /\bOOM\b/,
    problem: () => "has no memory left for what is written (OOM)",
    remedy: { what: "freeRedisMemory" },
  },
  {
    pattern: /\bMASTERDOWN\b/,
    problem: () =>
      "is a replica that has lost its master, and answers nothing until it finds one (MASTERDOWN)",
    remedy: findMaster,
  },
  {
    pattern: /\bREADONLY\b/,
    problem: () => "is a replica, and takes no writes (READONLY)",
    remedy: findMaster,
  },
  {
    pattern: /DB index is out of range|invalid DB index/i,
    problem: () => "has no database with the number that is set",
    remedy: { what: "checkRedisDatabase" },
  },
  {
    pattern: /\bMISCONF\b/,
    problem: () => "cannot save to its disk, and takes no writes (MISCONF)",
    remedy: { what: "readRedisLog" },
  },
  {
    pattern: /\bNOREPLICAS\b/,
    problem: () =>
      "takes no writes, since too few replicas follow it (NOREPLICAS)",
    remedy: { what: "readRedisLog" },
  },
  {
    pattern: /\bLOADING\b/,
    problem: () => "is still loading its data (LOADING)",
    remedy: { what: "readRedisLog" },
  },
  {
    pattern: /max number of clients/,
    problem: () => "has as many clients as it may have",
    remedy: { what: "readRedisLog" },
  },
  {
    pattern: /\b(MOVED|ASK|CROSSSLOT|CLUSTERDOWN)\b/,
    problem: ([, code]) =>
      `is part of a Redis Cluster, which is not supported (${code})`,
    remedy: checkRedis,
  },
  {
    pattern: /unknown command '?(\w+)/,
    problem: ([, command]) => `does not know the command ${command}`,
    remedy: checkRedis,
  },
];

/** Reasons for a failed connection. */
const CONNECTIONS: readonly Failure[] = [
  {
    pattern: /ALERT_.*CERTIFICATE_REQUIRED|ALERT_.*HANDSHAKE_FAILURE/,
    problem: () =>
      "wants a certificate of its clients, and this program has none to show",
    remedy: { what: "relaxRedisCertificates" },
  },
  {
    pattern: /CERT_HAS_EXPIRED|\bexpired\b/i,
    problem: () => "shows a certificate that has expired",
    remedy: { what: "renewRedisCertificate" },
  },
  {
    pattern: /ALTNAME|NotValidForName/i,
    problem: () => "shows a certificate that is for another host",
    remedy: { what: "renewRedisCertificate" },
  },
  {
    pattern: /CERT|UNABLE_TO_(?:GET|VERIFY)|UnknownIssuer/i,
    problem: () =>
      "shows a certificate that is signed by an authority that this machine does not trust",
    remedy: { what: "trustCertificate" },
  },
  {
    pattern: /invalid reply: null|No such master/,
    problem: () =>
      "has Sentinels that know no master of the name in the address",
    remedy: checkRedis,
  },
];

/** The use and location of a Redis. */
export interface RedisPlace {
  /** What it is used for, for messages, such as `token store`. */
  readonly role: string;
  /** The hosts, without any secrets. */
  readonly where: string;
}

/**
 * Makes the error for a failed command.
 *
 * @param place The Redis.
 * @param error What the command threw.
 * @param connection The connection's last error since it last worked.
 */
export function redisFailure(
  { role, where }: RedisPlace,
  error: unknown,
  connection: unknown,
): StoreError {
  const isReply = error instanceof Error && error.name === "ReplyError";
  const seen = isReply ? [error] : [error, connection];
  for (const failure of [...REFUSALS, ...isReply ? [] : CONNECTIONS]) {
    for (const one of seen) {
      const found = failure.pattern.exec(textOf(one));
      if (!found) continue;
      return new StoreError(
        `The ${role} does not work: Redis at ${where} ${
          failure.problem(found)
        }. Nothing was lost`,
        failure.remedy,
      );
    }
  }
  if (isReply) {
    const [code = "ERR"] = /^[A-Z]+\b/.exec(error.message) ?? [];
    return new StoreError(
      `The ${role} does not work: Redis at ${where} answers with an error (${code}). Nothing was lost`,
      { what: "readRedisLog" },
    );
  }
  return new StoreError(
    `The ${role} does not answer: Redis at ${where}${
      causeOf(error) || causeOf(connection)
    }. Nothing was lost`,
    checkRedis,
  );
}

/** The text to search: code and message. */
function textOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const code = "code" in error ? String(error.code) : "";
  return `${code} ${error.message}`;
}

/** The safe part of any other connection error. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  // The runtime's message names only the missing permission.
  if (error.name === "NotCapable") return ` (${error.message})`;
  if (error.message === "Command timed out") return " in time";
  return "code" in error ? ` (${String(error.code)})` : "";
}
