/**
 * The commands of the command line, as a table. The help is generated from it.
 *
 * @module
 */
import { CLIENTS } from "../clients/clients.ts";
import type { Command, Run } from "./command.ts";
import { SHELLS } from "./shells.ts";

/** Every command; without a command, the program serves. */
export const commands = {
  serve: {
    words: 0,
    flags: [
      "http",
      "host",
      "port",
      "sandbox",
      "toolsets",
      "tools",
      "read-only",
    ],
    summary: "Speak MCP on stdin and stdout (the default)",
    load: async () => (await import("./serve.ts")).serve,
  },
  demo: {
    words: 0,
    flags: ["verbose"],
    summary:
      "Watch an assistant work in a built-in CRM with invented data; nothing leaves this machine",
    load: async () => (await import("./demo/demo.ts")).demo,
  },
  try: {
    args: "[tool] [name=x]",
    words: Infinity,
    flags: ["json", "verbose"],
    summary:
      "Call one tool in the built-in CRM, and print what an assistant would read; without a tool, list them",
    load: async () => (await import("./try.ts")).tryTool,
  },
  setup: {
    args: "[client]",
    words: 1,
    surplus: `setup takes one client: ${CLIENTS.join(", ")}`,
    flags: ["read-only", "toolsets", "tools"],
    summary:
      "Set the server up on this machine: ask for the token, test it, keep it, and configure a client",
    load: async () => (await import("./setup.ts")).setup,
  },
  "tenants add": {
    args: "[id]",
    words: 1,
    flags: ["grant", "user", "replace"],
    summary: "Store a company's credentials; the command asks for them",
    load: async () => (await import("./tenants/add.ts")).addTenant,
  },
  "tenants list": {
    words: 0,
    flags: ["json"],
    summary: "List the companies that have credentials",
    load: async () => (await import("./tenants/list.ts")).listTenants,
  },
  "tenants remove": {
    args: "[id]",
    words: 1,
    flags: ["apply"],
    summary: "Delete a company's credentials; without an id, it asks first",
    load: async () => (await import("./tenants/remove.ts")).removeTenant,
  },
  "tenants check": {
    args: "[id]",
    words: 1,
    flags: ["all", "json"],
    summary:
      "Test a company's credentials at Qontak, or those of all with --all",
    load: async () => (await import("./tenants/check.ts")).checkTenant,
  },
  "tenants move": {
    args: "[id]",
    words: 1,
    flags: ["to", "unsealed", "apply"],
    summary:
      "Move the credentials of all companies, or of one, and all API keys to another store",
    load: async () => (await import("./tenants/move.ts")).moveTenants,
  },
  "keys create": {
    args: "[label]",
    words: 1,
    surplus: "keys create takes one label: put quotes around several words",
    flags: ["tenants", "scopes", "expires"],
    summary: "Make a key for callers over HTTP, and print it once",
    load: async () => (await import("./keys/create.ts")).createKey,
  },
  "keys list": {
    words: 0,
    flags: ["json"],
    summary: "List the keys: what each is for, and its last use",
    load: async () => (await import("./keys/list.ts")).listKeys,
  },
  "keys revoke": {
    args: "<id>",
    words: 1,
    flags: [],
    summary: "Revoke a key: it no longer gives access",
    load: async () => (await import("./keys/revoke.ts")).revokeKey,
  },
  "sessions list": {
    words: 0,
    flags: ["json"],
    summary: "List who signed in, with which client, and what they allowed",
    load: async () => (await import("./sessions/list.ts")).listSessions,
  },
  "sessions revoke": {
    args: "<id>",
    words: 1,
    flags: [],
    summary: "End a session of a person who signed in, or all of them",
    load: async () => (await import("./sessions/revoke.ts")).revokeSessions,
  },
  seal: {
    words: 0,
    flags: ["apply"],
    summary:
      "Show what the stores hold unsealed though a sealing key is set, and seal it",
    load: async () => (await import("./seal.ts")).seal,
  },
  migrate: {
    words: 0,
    flags: ["apply", "json"],
    summary:
      "Check what the Python server for Qontak left here, and say what this server will do with it",
    load: async () => (await import("./migrate.ts")).migrate,
  },
  doctor: {
    args: "[id]",
    words: 1,
    flags: ["all", "sandbox", "json"],
    summary: "Check everything, and say how to fix what fails",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  audit: {
    words: 0,
    flags: ["tenant", "tool", "record", "since", "utc", "limit", "json"],
    summary: "Show what was changed in Qontak, newest first",
    load: async () => (await import("./audit.ts")).audit,
  },
  config: {
    args: "<client>",
    words: 1,
    surplus: "config takes one client",
    flags: ["http", "sandbox", "toolsets", "tools", "read-only"],
    summary: `Print the configuration of a client: ${CLIENTS.join(", ")}`,
    load: async () => (await import("./config.ts")).config,
  },
  completion: {
    args: "<shell>",
    words: 1,
    surplus: "completion takes one shell",
    flags: [],
    summary: `Print what makes a shell complete commands and flags: ${
      SHELLS.join(", ")
    }`,
    load: async (): Promise<Run> => {
      const { completionOf } = await import("./completion.ts");
      return completionOf(commands);
    },
  },
} as const satisfies Readonly<Record<string, Command>>;

/** A command's name. */
export type CommandName = keyof typeof commands;
