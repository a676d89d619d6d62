/**
 * A TCP relay in front of the HTTP server. `Deno.serve` cannot close one
 * connection without an answer: a body that fails does so after the head, and a
 * handler that throws is a 500. The relay can, because it holds the sockets.
 *
 * @module
 */

/** A running relay. */
export interface Relay {
  /**
   * Closes the connection whose inner side has this local port: at once, or
   * after it has passed on the next bytes of the answer.
   */
  cut(innerPort: number, when: "now" | "after the next bytes"): void;
  /** Closes every connection and stops listening. */
  close(): Promise<void>;
}

interface Connection {
  /** Whether it closes after the next bytes of an answer. */
  ending: boolean;
  close(): void;
}

/** Ignores errors of a socket that is already closed. */
function closeQuietly(socket: { close(): void }): void {
  try {
    socket.close();
  } catch (error) {
    if (!(error instanceof Deno.errors.BadResource)) throw error;
  }
}

/** Relays what a listener accepts to the port `target` on loopback. */
export function startRelay(
  listener: Deno.TcpListener,
  target: number,
): Relay {
  const connections = new Map<number, Connection>();
  const open = new Set<Promise<void>>();
  let closing = false;

  async function relay(outer: Deno.TcpConn): Promise<void> {
    let inner: Deno.TcpConn;
    try {
      inner = await Deno.connect({ hostname: "127.0.0.1", port: target });
    } catch {
      // The server behind is closing; so does this connection.
      return closeQuietly(outer);
    }
    const key = inner.localAddr.port;
    const connection: Connection = {
      ending: false,
      close() {
        closeQuietly(outer);
        closeQuietly(inner);
      },
    };
    if (closing) return connection.close();
    connections.set(key, connection);
    const requests = outer.readable.pipeTo(inner.writable);
    const answers = inner.readable.pipeThrough(
      new TransformStream({
        transform(bytes, controller) {
          controller.enqueue(bytes);
          if (connection.ending) controller.terminate();
        },
      }),
    ).pipeTo(outer.writable);
    await Promise.allSettled([
      requests,
      answers.finally(() => connection.close()),
    ]);
    connections.delete(key);
  }

  async function accept(): Promise<void> {
    for await (const outer of listener) {
      const connection: Promise<void> = relay(outer)
        .finally(() => open.delete(connection));
      open.add(connection);
    }
  }
  const accepting = accept();

  return {
    cut(innerPort, when) {
      const connection = connections.get(innerPort);
      if (!connection) return;
      if (when === "now") connection.close();
      else connection.ending = true;
    },
    async close() {
      closing = true;
      listener.close();
      await accepting;
      for (const connection of connections.values()) connection.close();
      await Promise.all(open);
    },
  };
}
