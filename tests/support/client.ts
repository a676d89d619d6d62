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

/** Which revision a client speaks: what both can, or the older one. */
export type Mode = "auto" | "legacy";

async function connect(transport: Transport, mode: Mode): Promise<Client> {
  const client = new Client({ name: "tests", version: "1.0.0" }, {
    versionNegotiation: { mode },
  });
  await client.connect(transport);
  return client;
}

/** Connects to where MCP is spoken over HTTP. */
export async function connectHttp(
  url: string,
  { key, mode = "auto" }: { readonly key?: string; readonly mode?: Mode } = {},
): Promise<Client> {
  const headers: Record<string, string> = key
    ? { authorization: `Bearer ${key}` }
    : {};
  const transport = new StreamableHTTPClientTransport(new URL(url), {
    requestInit: { headers },
  });
  return await connect(transport, mode);
}

/** Starts the program in its own process and connects to it on stdio. */
export async function connectStdio(
  env: Record<string, string>,
  mode: Mode = "auto",
): Promise<Client> {
  const transport = new StdioClientTransport({
    command: Deno.execPath(),
    args: await program(),
    env: bareEnv(env),
    cwd: root,
    stderr: "ignore",
  });
  return await connect(transport, mode);
}

/** What a call of a tool came to. */
export interface Called {
  readonly text: string;
  // deno-lint-ignore no-explicit-any -- tests look into answers freely
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
  // deno-lint-ignore no-explicit-any -- tests look into answers freely
): Promise<any> {
  const called = await call(client, name, args);
  if (called.isError) throw new Error(`${name} failed: ${called.text}`);
  return called.data;
}
