/**
 * The flags of the command line, as a table. The help is generated from it. The
 * table of commands says which command takes which flag.
 *
 * @module
 */
import { DEFAULT_SCOPES, SCOPES } from "../auth/principal.ts";
import { MANY_STORES } from "../app/variables.ts";
import { TOOLSETS } from "../tools/outline.ts";
import type { FlagTable } from "./parse.ts";

/** Every flag. */
export const flags = {
  http: {
    type: "boolean",
    help: "Serve MCP over HTTP instead of stdio",
  },
  host: {
    type: "string",
    value: "127.0.0.1",
    help: "The address that --http listens on",
  },
  port: {
    type: "string",
    value: "8000",
    help: "The port that --http listens on; 0 takes a free one",
  },
  sandbox: {
    type: "boolean",
    help: "Use a built-in CRM with invented data: no account needed",
    elsewhere:
      "demo and try always use the built-in CRM. No other command can see it: it is in the memory of the server that was started with --sandbox, with who signed in there, and ends with it",
  },
  toolsets: {
    type: "string",
    value: "a,b",
    help: `Offer only these tools: ${TOOLSETS.join(", ")}`,
    sets: "QONTAK_TOOLSETS",
  },
  tools: {
    type: "string",
    value: "a,-b",
    help:
      "Offer only these tools and groups; -name leaves one out; compact lists a dozen and finds the others",
    sets: "QONTAK_TOOLS",
  },
  "read-only": {
    type: "boolean",
    help: "Offer only tools that change nothing",
    sets: "QONTAK_READ_ONLY",
  },
  grant: {
    type: "string",
    value: "refresh_token",
    help:
      "How to log in: refresh_token, authorization_code (of an OAuth application) or password",
  },
  user: {
    type: "string",
    value: "id",
    help:
      'The id in Qontak of the user behind the credentials, which "me" in a call means; needed only where Qontak does not say it',
  },
  all: {
    type: "boolean",
    help: "Check every company that has credentials",
  },
  replace: {
    type: "boolean",
    help: "Replace the credentials that are stored",
  },
  tenants: {
    type: "string",
    value: "a,b",
    help:
      "The companies for which a key may act; by default only the one of calls without user_id",
  },
  scopes: {
    type: "string",
    value: "read,write",
    help: `What a key may do: some of ${SCOPES.join(", ")}; otherwise ${
      DEFAULT_SCOPES.join(", ")
    }`,
  },
  expires: {
    type: "string",
    value: "90d",
    help:
      "When a key expires: in days (90d), in hours (12h) or on a date; by default never",
  },
  to: {
    type: "string",
    value: "redis",
    help: `Where to move to: ${MANY_STORES.join(", ")}`,
  },
  unsealed: {
    type: "boolean",
    help: "Move sealed credentials to Redis as plain text",
  },
  tenant: {
    type: "string",
    value: "id",
    help: "Only changes for this company",
  },
  tool: {
    type: "string",
    value: "name",
    help: "Only changes by this tool",
  },
  record: {
    type: "string",
    value: "id",
    help: "Only changes to the record with this id in Qontak",
  },
  since: {
    type: "string",
    value: "2h",
    help: "Only changes since then: 30m, 2h, 7d, or a date such as 2026-11-30",
  },
  utc: {
    type: "boolean",
    help: "Show and read times in UTC, not in QONTAK_TIME_ZONE",
  },
  limit: {
    type: "string",
    value: "50",
    help: "How many to show at most",
  },
  apply: {
    type: "boolean",
    help: "Do what is shown, without asking",
  },
  verbose: {
    type: "boolean",
    help: "Print all messages, and all requests to Qontak",
  },
  json: {
    type: "boolean",
    help: "Answer in JSON",
  },
  help: {
    type: "boolean",
    short: "h",
    help: "Print the help; after a command, the help of that command",
  },
  version: { type: "boolean", short: "V", help: "Print the version" },
} as const satisfies FlagTable;

/** A flag's name, without the dashes. */
export type FlagName = keyof typeof flags;

/** The flags that replace the value of an environment variable. */
export const variableFlags: ReadonlyMap<string, FlagName> = new Map(
  (Object.keys(flags) as FlagName[]).flatMap((name) => {
    const flag = flags[name];
    return "sets" in flag ? [[flag.sets, name] as const] : [];
  }),
);

/** The flags on the command line. */
export type Flags = { readonly [N in FlagName]?: string | boolean };
