/**
 * The part of the page's script that calls a tool of the server.
 *
 * @module
 */

/** Functions within the page's script, which has `readKey`. */
export const CALLS: string = String.raw`
  // ----- Calling tools

  /** What a person can act on; its message is shown as it is. */
  class Trouble extends Error {}

  /**
   * The JSON-RPC message in an answer: JSON, or the data of an event.
   * @type {(type: string, text: string) => any}
   */
  const messageIn = (type, text) => {
    const candidates = type.startsWith("text/event-stream")
      ? text.split(/\r?\n\r?\n/).map((event) =>
        event.split(/\r?\n/).filter((line) => line.startsWith("data:"))
          .map((line) => line.slice(5).trimStart()).join("\n")
      )
      : [text];
    for (const candidate of candidates) {
      try {
        const message = JSON.parse(candidate);
        if (message.result || message.error) return message;
      } catch {
        // Neither an answer nor one of the server's errors.
      }
    }
  };

  /** @type {(name: string, args: object) => Promise<any>} */
  const callTool = async (name, args) => {
    const key = readKey();
    if (needsKey && key === "") throw new Trouble(words.keyMissing);
    if (!/^[\x21-\x7e]*$/.test(key)) throw new Trouble(words.keyMalformed);
    const response = await fetch("/mcp", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": "2025-06-18",
        ...(key === "" ? {} : { authorization: "Bearer " + key }),
      },
      body: JSON.stringify({
        jsonrpc: "2.0",
        id: 1,
        method: "tools/call",
        params: { name, arguments: args },
      }),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    }).catch(() => {
      throw new Trouble(words.offline);
    });
    const { status } = response;
    if (status === 401) {
      throw new Trouble(key === "" ? words.keyMissing : words.keyUnknown);
    }
    const text = await response.text().catch(() => {
      throw new Trouble(words.offline);
    });
    const type = response.headers.get("content-type") ?? "";
    const message = messageIn(type, text);
    if (message?.error) {
      const reason = message.error.message ?? message.error;
      throw new Trouble(fill(words.refused, { reason, status }));
    }
    if (!message) throw new Trouble(fill(words.unexpected, { status }));
    return message.result;
  };
`;
