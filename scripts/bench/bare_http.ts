/**
 * The baseline of a cold start: Deno.serve with the same answer to every
 * request.
 *
 * @module
 */
Deno.serve(
  {
    onListen: ({ hostname, port }) =>
      // deno-lint-ignore no-console -- prints its address, as the server does
      console.error(JSON.stringify({ url: `http://${hostname}:${port}/mcp` })),
  },
  () => Response.json({ status: "ok" }),
);
