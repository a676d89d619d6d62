/**
 * The flags of the live test.
 *
 * @module
 */
import type { FlagTable } from "../../src/cli/parse.ts";
import type { Flags } from "../command.ts";

/** Every flag. */
export const liveFlags = {
  write: {
    type: "boolean",
    help:
      "Also make, change and delete records of its own, all of them named with a mark. Other users may be notified, and automations may start, as with any new record; one deal and one contact are given to another user for a moment",
  },
  geolocation: {
    type: "boolean",
    help:
      "With --write: also make a check-in. Qontak has no way to delete one: it stays",
  },
  clean: {
    type: "boolean",
    help: "Only remove what earlier runs have left behind, found by its mark",
  },
  "save-token": {
    type: "string",
    value: "PATH",
    help:
      "Keep the newest refresh token in this file as QONTAK_REFRESH_TOKEN, readable by you only; it may be your .env. Needed unless Qontak is on this machine",
  },
  "probe-rotation": {
    type: "boolean",
    help:
      "Also use the old refresh token once more, which may end both: have https://crm.qontak.com/crm/api_token/ open",
  },
  json: { type: "boolean", help: "Print the report as JSON" },
} as const satisfies FlagTable;

/** The flags on the command line. */
export type LiveFlags = Flags<typeof liveFlags>;
