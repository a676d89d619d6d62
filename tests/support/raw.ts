/**
 * HTTP as bytes on a socket, for requests that no client would send.
 *
 * @module
 */

/** A connection to a server. */
export interface Raw extends AsyncDisposable {
  /** Sends text or bytes; false if the server has closed the connection. */
  send(data: string | Uint8Array): Promise<boolean>;
  /** Closes the sending side, and continues to read. */
  end(): Promise<void>;
  /**
   * What the server sends until it closes the connection, or until one answer
   * is complete.
   */
  answer(): Promise<RawAnswer>;
}

/** An answer, as it arrived. */
export interface RawAnswer {
  /** 0 if the connection was closed without an answer. */
  readonly status: number;
  /** Status line, headers and body. */
  readonly text: string;
}

/** Opens a connection to the server of a URL. */
export async function openRaw(url: string): Promise<Raw> {
  const { hostname, port } = new URL(url);
  const socket = await Deno.connect({ hostname, port: Number(port) });
  const encoder = new TextEncoder();
  return {
    async send(data) {
      let rest = typeof data === "string" ? encoder.encode(data) : data;
      try {
        while (rest.length > 0) rest = rest.subarray(await socket.write(rest));
        return true;
      } catch {
        return false;
      }
    },
    end: () => socket.closeWrite(),
    async answer() {
      const decoder = new TextDecoder();
      const chunk = new Uint8Array(65_536);
      let text = "";
      try {
        while (!isWhole(text)) {
          const size = await socket.read(chunk);
          if (size === null) break;
          text += decoder.decode(chunk.subarray(0, size), { stream: true });
        }
      } catch {
        // Cut off: what arrived until then counts.
      }
      const [, status = "0"] = /^HTTP\/1\.[01] (\d{3})/.exec(text) ?? [];
      return { status: Number(status), text };
    },
    // deno-lint-ignore require-await -- the interface is asynchronous
    async [Symbol.asyncDispose]() {
      try {
        socket.close();
      } catch {
        // It is closed.
      }
    },
  };
}

/**
 * Whether one answer is complete; without a length, it ends with the
 * connection.
 */
function isWhole(text: string): boolean {
  const [head, ...body] = text.split("\r\n\r\n");
  if (body.length === 0) return false;
  const [, length] = /^content-length: (\d+)$/im.exec(head!) ?? [];
  if (length === undefined) return text.endsWith("\r\n0\r\n\r\n");
  return new TextEncoder().encode(body.join("\r\n\r\n")).length >=
    Number(length);
}

/** One request with a body, as HTTP/1.1 over a separate connection. */
export function rawRequest(
  line: string,
  headers: Readonly<Record<string, string>>,
  body = "",
): string {
  return [
    `${line} HTTP/1.1`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    "",
    body,
  ].join("\r\n");
}
