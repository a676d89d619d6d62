/**
 * Ports for servers that must know theirs before they listen.
 *
 * @module
 */

/**
 * A port of loopback on which nothing listens. It is below those that systems
 * give to connections and to listeners on port 0: so no test that runs at the
 * same time gets it before the server listens, or while the server is stopped.
 */
export function freePort(): number {
  for (;;) {
    const [random = 0] = crypto.getRandomValues(new Uint16Array(1));
    const port = 15_000 + random % 15_000;
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
