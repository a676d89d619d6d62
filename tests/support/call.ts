/**
 * One call of a tool over HTTP, as a client sends it.
 *
 * @module
 */
import { post, toolCall } from "./rpc.ts";

/** The result of a call. */
export interface HttpCall {
  /** The HTTP status. */
  readonly status: number;
  /** The text of the answer; the body if the status is not 200. */
  readonly text: string;
  /** Whether the tool failed. */
  readonly isError: boolean;
}

/** Calls a tool of the server at `url`; `send` replaces fetch. */
export async function callTool(
  url: string | URL,
  name: string,
  args: Record<string, unknown> = {},
  headers: Record<string, string> = {},
  signal: AbortSignal | null = null,
  send: typeof fetch = fetch,
): Promise<HttpCall> {
  const response = await send(url, {
    signal,
    ...post(toolCall(1, name, args), headers),
  });
  const body = await response.text();
  if (response.status !== 200) {
    return { status: response.status, text: body, isError: true };
  }
  // One JSON object, or a stream with one event.
  const [, data = body] = /^data: (.*)$/m.exec(body) ?? [];
  const { result, error } = JSON.parse(data);
  return {
    status: 200,
    text: result?.content?.[0]?.text ?? error?.message ?? "",
    isError: error !== undefined || result?.isError === true,
  };
}
