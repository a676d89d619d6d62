/**
 * Routes as data, matched exactly: a hyphen does not match an underscore.
 *
 * @module
 */

import type { Answer } from "./answer.ts";
import type { User, World } from "./records.ts";

/** One request, ready for a handler. */
export interface Call {
  /** The `:names` of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** The query. */
  readonly query: URLSearchParams;
  /** The JSON object of the body, `{}` if there is no body. */
  readonly body: Readonly<Record<string, unknown>>;
  /** The user of the access token or signature. */
  readonly user: User;
  /** The tenant's data. */
  readonly world: World;
  /**
   * Whether to answer like real traffic where it differs from the collection.
   */
  readonly observed: boolean;
  /** Whether a PUT without `creator_id` gives the record to `user`. */
  readonly resetOwner: boolean;
  /** Whether every list has the newest change first. */
  readonly newestChangeFirst: boolean;
  /** The most records of a page, even if a request asks for more. */
  readonly maxPerPage: number;
}

/** One endpoint. */
export interface Route {
  /** The HTTP method. */
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** The path below `/api/v3.1` or `/qontak/crm`, such as `/deals/:id/stage_history`. */
  readonly path: string;
  /**
   * Handles the request.
   *
   * @throws {Refusal} if the request is refused
   */
  handle(call: Call): Answer;
}

/** The endpoints of one resource, and how their envelopes differ. */
export interface Resource {
  /** The first segment of its paths. */
  readonly name: string;
  /** Its endpoints. */
  readonly routes: readonly Route[];
  /** Answers carry `meta.timestamp` in unix seconds. */
  readonly unixTimestamp?: boolean;
}

/** A route that matches a request. */
export interface Match {
  /** The route. */
  readonly route: Route;
  /** Its resource. */
  readonly resource: Resource;
  /** The `:names` of the path, decoded. */
  readonly params: Readonly<Record<string, string>>;
}

/** Where every endpoint of Qontak's collection begins. */
export const API_PREFIX = "/api/v3.1";

/** Where the same endpoints begin at Mekari's gateway. */
export const GATEWAY_PREFIX = "/qontak/crm";

const PREFIXES = [API_PREFIX, GATEWAY_PREFIX];

interface Compiled {
  readonly route: Route;
  readonly resource: Resource;
  readonly segments: readonly string[];
  readonly literals: number;
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

function bind(
  pattern: readonly string[],
  segments: readonly string[],
): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, wanted] of pattern.entries()) {
    const found = decode(segments[index]!);
    if (!found) return undefined;
    if (wanted.startsWith(":")) params[wanted.slice(1)] = found;
    else if (wanted !== found) return undefined;
  }
  return params;
}

/**
 * Makes a function that finds the route of a method and a path; undefined if no
 * route matches. Literal segments win over `:names`. One final slash is
 * tolerated on a collection's own path (`/deals/`), as real clients send it.
 */
export function createRouter(
  resources: readonly Resource[],
): (method: string, path: string) => Match | undefined {
  const table = resources.flatMap((resource) =>
    resource.routes.map((route): Compiled => {
      const segments = route.path.slice(1).split("/");
      const literals = segments.filter((part) => !part.startsWith(":")).length;
      return { route, resource, segments, literals };
    })
  ).sort((a, b) => b.literals - a.literals);

  return (method, path) => {
    const prefix = PREFIXES.find((one) => path.startsWith(`${one}/`));
    if (prefix === undefined) return undefined;
    const segments = path.slice(prefix.length + 1).split("/");
    if (segments.length === 2 && segments[1] === "") segments.pop();
    for (const { route, resource, segments: pattern } of table) {
      if (route.method !== method) continue;
      const params = bind(pattern, segments);
      if (params) return { route, resource, params };
    }
    return undefined;
  };
}
