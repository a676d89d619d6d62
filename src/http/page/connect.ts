/**
 * How to connect each client to this server over HTTP, as the page shows it.
 *
 * Behind a proxy the server cannot know its own address. The page has a
 * placeholder instead, and its script fills in the address that the browser
 * used.
 *
 * @module
 */
import {
  type ClientId,
  CLIENTS,
  configFor,
  fileOf,
  installLinks,
  KEY,
  nameOf,
  type Os,
} from "../../clients/clients.ts";
import type { Words } from "./words.ts";

/** The placeholder for the address of the server. */
export const URL_PLACEHOLDER = "https://THIS-HOST/mcp";

/** The placeholder for a person's key. */
export const KEY_PLACEHOLDER: string = KEY;

/** How to connect one client. */
export interface Connecting {
  readonly client: ClientId;
  readonly name: string;
  /** What to paste, with placeholders. */
  readonly text: string;
  /** What to do with it, in full sentences. */
  readonly instruction: string;
  /** The address that adds the server to it, with placeholders, if it has one. */
  readonly install: string | undefined;
  /** The files that it can go into, each with its operating systems. */
  readonly files: readonly { readonly path: string; readonly on: string }[];
}

const SYSTEMS: Readonly<Record<Os, string>> = {
  darwin: "macOS",
  linux: "Linux",
  windows: "Windows",
};

/**
 * How to connect each client.
 *
 * @param words The words of the page.
 * @param needsKey Whether callers need a key.
 */
export function connecting(
  words: Words,
  needsKey: boolean,
): readonly Connecting[] {
  return CLIENTS.map((client) => {
    const connection = {
      how: "http",
      url: URL_PLACEHOLDER,
      ...(needsKey ? { key: KEY_PLACEHOLDER } : {}),
    } as const;
    const { language, text, instruction } = configFor(client, connection);
    const own = words.instructions?.[client];
    const translated = own && needsKey && own.withKey !== undefined
      ? `${own.text} ${own.withKey}`
      : own?.text;
    return {
      client,
      name: words.clients[client] ?? nameOf(client),
      text,
      instruction: (translated ?? `${instruction}.`) +
        (client === "chatgpt" ? ` ${words.needsPublic}` : ""),
      install: installLinks(client, connection)?.app,
      // Only a JSON snippet goes into a file.
      files: language === "json" ? filesOf(client) : [],
    };
  });
}

function filesOf(client: ClientId): Connecting["files"] {
  const systems = new Map<string, string[]>();
  for (const [os, name] of Object.entries(SYSTEMS)) {
    const path = fileOf(client, { os: os as Os });
    if (path === undefined) continue;
    systems.set(path, [...systems.get(path) ?? [], name]);
  }
  return [...systems].map(([path, on]) => ({ path, on: on.join(", ") }));
}
