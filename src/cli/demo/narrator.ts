/**
 * Tells what happens while a client works: calls, and with `--verbose` all
 * messages and requests.
 *
 * @module
 */
import { styleText } from "node:util";
import type { Client, Transport } from "@modelcontextprotocol/client";
import type { Sandbox } from "../../sandbox/mod.ts";
import { say as sayLine } from "../output.ts";
import { fit } from "../width.ts";

// deno-lint-ignore no-explicit-any -- the shapes of answers vary
export type Data = any;

/** Paints a text, if stdout is a terminal that shows colors. */
const paint = (style: "bold" | "dim" | "red" | "green") => (text: string) =>
  styleText(style, text);

export const bold = paint("bold"),
  dim = paint("dim"),
  red = paint("red"),
  green = paint("green");

/** Prints lines that fit the terminal. */
const say = (text: string) => sayLine(fit(text));

/** The answer to a call. */
export interface Used {
  readonly data: Data;
  readonly text: string;
  readonly isError: boolean;
}

/** What the scenes tell with. */
export interface Narrator {
  readonly client: Client;
  readonly sandbox: Pick<Sandbox, "requests">;
  /** Begins a scene. */
  scene(title: string): void;
  /** Prints a line. */
  say(text: string): void;
  /** Calls a tool, as a model would. */
  use(name: string, args?: Data): Promise<Used>;
  /** The number of calls, and of the characters of their answers. */
  readonly told: { readonly calls: number; readonly characters: number };
}

/**
 * Makes a narrator.
 *
 * @param client The client.
 * @param sandbox The CRM.
 */
export function createNarrator(
  client: Client,
  sandbox: Pick<Sandbox, "requests">,
): Narrator {
  const told = { calls: 0, characters: 0 };
  let scenes = 0;
  return {
    client,
    sandbox,
    told,
    say,
    scene(title) {
      say("");
      say(bold(`${++scenes}. ${title}`));
    },
    async use(name, args = {}) {
      told.calls++;
      say(
        `   ${dim("the assistant calls")} ${name} ${dim(spaced(args))}`,
      );
      const result = await client.callTool({ name, arguments: args });
      const text = (result.content as { text: string }[])[0]!.text;
      told.characters += text.length;
      return {
        data: result.structuredContent,
        text,
        isError: result.isError === true,
      };
    },
  };
}

/** A value as JSON on one line, with spaces where it can be broken. */
function spaced(value: Data): string {
  return JSON.stringify(value, null, 1).replaceAll(
    /(,?)\n */g,
    (_, comma) => comma ? ", " : "",
  );
}

/**
 * Prints every message between a client and its server, and every request to
 * the CRM.
 *
 * @param transport The transport of the client, before it connects.
 * @param sandbox The CRM.
 */
export function showWire(
  transport: Transport,
  sandbox: Pick<Sandbox, "requests">,
): void {
  let shown = 0;
  const showRequests = () => {
    for (const request of sandbox.requests.slice(shown)) {
      const { method, path, query, body, status } = request;
      const search = new URLSearchParams(query as Record<string, string>);
      const isSecret = path === "/oauth/token";
      const sent = body === null || body === undefined || isSecret
        ? ""
        : ` ${clip(JSON.stringify(body))}`;
      say(dim(
        `   ⇢ Qontak ${method} ${path}${
          search.size > 0 ? `?${search}` : ""
        }${sent} → ${status}`,
      ));
    }
    shown = sandbox.requests.length;
  };
  const { send } = transport;
  transport.send = (message, options) => {
    say(dim(`   → MCP    ${clip(JSON.stringify(message))}`));
    return send.call(transport, message, options);
  };
  let receive: typeof transport.onmessage;
  Object.defineProperty(transport, "onmessage", {
    get: () => receive,
    set(listener: typeof transport.onmessage) {
      receive = listener && ((message, extra) => {
        showRequests();
        say(dim(`   ← MCP    ${clip(JSON.stringify(message))}`));
        listener(message, extra);
      });
    },
  });
}

function clip(text: string): string {
  return text.length > 900 ? `${text.slice(0, 900)}… (${text.length})` : text;
}
