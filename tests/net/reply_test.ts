import { assert, assertEquals, assertRejects } from "@std/assert";
import { deadline } from "../../src/net/deadline.ts";
import {
  createFetches,
  createTransport,
  type Send,
} from "../../src/net/transport.ts";
import { serve } from "../support/serve.ts";

const KIB = 1024;

/**
 * A host that gives every request the same answer, and the two ways to send
 * one.
 */
async function answered(
  answer: () => Response,
  use: (send: Send, url: string) => Promise<void>,
): Promise<void> {
  await using server = serve(answer);
  const transport = createTransport();
  const { read, write } = transport;
  try {
    for (const send of [read, write]) await use(send, server.url);
  } finally {
    transport.close();
  }
}

Deno.test("text() returns a body that fits, and undefined for one that does not", async () => {
  const body = "é".repeat(KIB);
  await answered(() => new Response(body), async (send, url) => {
    using limit = deadline(5_000);
    const init = { signal: limit.signal };
    const reply = await send(url, init);
    assertEquals(await reply.text(2 * KIB), body);
    assertEquals(await (await send(url, init)).text(2 * KIB - 1), undefined);
  });
});

Deno.test("text() counts decompressed bytes", async () => {
  let read = 0;
  const zeros = new Uint8Array(64 * KIB);
  // 64 MiB, compressed to 64 KiB.
  const bomb = () => {
    let left = 1024;
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        if (left-- === 0) return controller.close();
        read += zeros.length;
        controller.enqueue(zeros);
      },
    }).pipeThrough(new CompressionStream("gzip"));
  };
  const bytes = new Uint8Array(await new Response(bomb()).arrayBuffer());
  assert(bytes.length < 100 * KIB && read === 64 * KIB * KIB);
  await answered(
    () => new Response(bytes, { headers: { "content-encoding": "gzip" } }),
    async (send, url) => {
      using limit = deadline(5_000);
      const reply = await send(url, { signal: limit.signal });
      assertEquals(await reply.text(KIB * KIB), undefined);
    },
  );
});

Deno.test("text() ends with the signal of the request, even if fetch does not pass it on", async () => {
  let isCancelled = false;
  const endless = () =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new Uint8Array(1)),
        cancel: () => void (isCancelled = true),
      }),
    );
  const custom = createTransport(() => Promise.resolve(endless()));
  for (const send of [custom.read, custom.write]) {
    using limit = deadline(50);
    const reply = await send("http://127.0.0.1", { signal: limit.signal });
    const start = performance.now();
    const error = await assertRejects(() => reply.text(KIB), DOMException);
    assertEquals(error.name, "TimeoutError");
    assert(performance.now() - start < 2_000);
    assert(isCancelled);
    isCancelled = false;
  }
});

Deno.test("discard() ends an answer without reading it", async () => {
  let isCancelled = false;
  const { read } = createTransport(() =>
    Promise.resolve(
      new Response(
        new ReadableStream({ cancel: () => void (isCancelled = true) }),
      ),
    )
  );
  const { signal } = new AbortController();
  await (await read("http://127.0.0.1", { signal })).discard();
  assert(isCancelled);
});

Deno.test("text() gives large bodies that arrive together one at a time", async () => {
  const { read } = createTransport(() =>
    Promise.resolve(new Response("a".repeat(300 * KIB)))
  );
  const { signal } = new AbortController();
  const seen: string[] = [];
  await Promise.all([1, 2, 3].map(async (one) => {
    const reply = await read("http://127.0.0.1", { signal });
    await reply.text(KIB * KIB);
    seen.push(`text ${one}`);
    // What uses the text is a chain of several steps.
    for (let step = 0; step < 20; step++) await undefined;
    seen.push(`used ${one}`);
  }));
  assertEquals(
    seen,
    [1, 2, 3].flatMap((one) => [`text ${one}`, `used ${one}`]),
  );
});

Deno.test("text() of a body whose size is known ends with the signal, and with the connection", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const open: Deno.Conn[] = [];
  const transport = createTransport();
  try {
    for (const isCut of [false, true]) {
      const reading = (async () => {
        using limit = deadline(isCut ? 5_000 : 300);
        const { signal } = limit;
        const reply = await transport.write(`http://127.0.0.1:${port}`, {
          signal,
        });
        const error = await assertRejects(() => reply.text(KIB));
        assertEquals(error === signal.reason, !isCut);
      })();
      const conn = await listener.accept();
      open.push(conn);
      await conn.read(new Uint8Array(KIB));
      await conn.write(
        new TextEncoder().encode(
          "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx",
        ),
      );
      if (isCut) open.pop()!.close();
      await reading;
    }
  } finally {
    for (const conn of open) conn.close();
    transport.close();
  }
});

Deno.test("write() is refused after close(), and makes no client that nobody closes", async () => {
  let asked = 0;
  await using server = serve(() => {
    asked++;
    return new Response("ok");
  });
  const { write, close } = createFetches();
  await (await write(server.url, { method: "POST" })).text();
  close();
  await assertRejects(
    () => write(server.url, { method: "POST" }),
    TypeError,
    "The server has ended",
  );
  assertEquals(asked, 1);
});
