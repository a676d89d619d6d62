/**
 * The SDK's client, connected to a server under test.
 *
 * @module
 */
import {
  Client,
  StreamableHTTPClientTransport,
  type Transport,
} from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { bareEnv, program, root } from "./process.ts";

/** The protocol revision of a client: negotiated, or the older one. */
export type Mode = "auto" | "legacy";

/** What the person behind a client answers to a question. */
export type Person = (question: string) => "accept" | "decline" | "cancel";

/** What a client says that shows the views of tools. */
const SHOWS_APPS = {
  extensions: {
    "io.modelcontextprotocol/ui": { mimeTypes: ["text/html;profile=mcp-app"] },
  },
};

async function connect(
  transport: Transport,
  mode: Mode,
  person?: Person,
  hasApps = false,
): Promise<Client> {
  const client = new Client({ name: "tests", version: "1.0.0" }, {
    versionNegotiation: { mode },
    capabilities: {
      ...(person ? { elicitation: {} } : {}),
      ...(hasApps ? SHOWS_APPS : {}),
    },
  });
  if (person) {
    client.setRequestHandler("elicitation/create", ({ params }) => {
      const action = person(params.message);
      return action === "accept" ? { action, content: {} } : { action };
    });
  }
  await client.connect(transport);
  return client;
}

/** Connects to a server over HTTP. */
export async function connectHttp(
  url: string,
  { key, tools, mode = "auto", person, hasApps }: {
    readonly key?: string;
    /** The tools that the connection asks for in its header. */
    readonly tools?: string;
    readonly mode?: Mode;
    readonly person?: Person;
    /** Whether the client shows the views of tools. */
    readonly hasApps?: boolean;
  } = {},
): Promise<Client> {
  const headers: Record<string, string> = {
    ...(key ? { authorization: `Bearer ${key}` } : {}),
    ...(tools ? { "x-qontak-tools": tools } : {}),
  };
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers },
  });
  return await connect(transport, mode, person, hasApps);
}

/** Starts the program in a separate process and connects to it over stdio. */
export async function connectStdio(
  env: Record<string, string>,
  mode: Mode = "auto",
  person?: Person,
  hasApps?: boolean,
): Promise<Client> {
  const transport = new StdioClientTransport({
    command: Deno.execPath(),
    args: await program(),
    env: bareEnv(env),
    cwd: root,
    stderr: "ignore",
  });
  return await connect(transport, mode, person, hasApps);
}

/** The result of a tool call. */
export interface Called {
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- tests read any field of an answer
  readonly data: any;
  readonly isError: boolean;
}

/** Calls a tool. */
export async function call(
  client: Client,
  name: string,
  args: Record<string, unknown> = {},
): Promise<Called> {
  const result = await client.callTool({ name, arguments: args });
  const [content] = result.content as { text: string }[];
  return {
    text: content!.text,
    data: result.structuredContent,
    isError: result.isError === true,
  };
}

/** Calls a tool that must succeed, and returns its data. */
export async function ok(
  client: Client,
  name: string,
  args?: Record<string, unknown>,
  // deno-lint-ignore no-explicit-any -- tests read any field of an answer
): Promise<any> {
  const called = await call(client, name, args);
  if (called.isError) throw new Error(`${name} failed: ${called.text}`);
  return called.data;
}
