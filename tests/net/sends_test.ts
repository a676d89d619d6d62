/**
 * Every request of src/ goes through a transport. Its answers are read with
 * limits on size and time, and there is no other way to read their bodies.
 */
import { assert, assertEquals } from "@std/assert";
import { createTransport } from "../../src/net/transport.ts";

const src = new URL("../../src/", import.meta.url);

/**
 * Folders whose code runs on the other side of the connection, or in a browser.
 */
const OUTSIDE = ["sandbox/", "http/page/script/"];

/** Which file may do something, how often, and why it needs no limit there. */
type Exceptions = Readonly<Record<string, readonly [number, string]>>;

/** The files that name the platform's fetch, to call it or to pass it on. */
const FETCHES: Exceptions = {
  "net/transport.ts": [2, "a transport is made of it"],
  "telemetry/otel.ts": [1, "aborted before it is sent"],
};

/** The files that make fetches without the limits of a transport. */
const UNBOUNDED: Exceptions = {
  "net/transport.ts": [2, "a transport is made of them"],
};

/** The files that read a body without text() of a reply. */
const READERS: Exceptions = {
  "net/body.ts": [2, "with bounds; a known size in one step"],
  "net/public_document.ts": [1, "parts that are counted as they arrive"],
  "mcp/http.ts": [1, "an answer of this server, for clients without streams"],
  "auth/protected_resource.ts": [1, "an answer that this server made itself"],
  "mcp/answers.ts": [1, "the answers of this server, to count what waits"],
};

/** The files of src/, without their comments and the text in strings. */
async function* sources(
  folder = src,
): AsyncGenerator<readonly [string, string]> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const file = new URL(name, folder);
    const place = file.href.slice(src.href.length);
    if (OUTSIDE.some((path) => `${place}/`.startsWith(path))) continue;
    if (OUTSIDE.includes(place)) continue;
    if (isDirectory) yield* sources(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) {
      yield [place, bare(await Deno.readTextFile(file))];
    }
  }
}

function bare(text: string): string {
  return text.replace(/\/\*.*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"/gs, "");
}

/** How often each file matches, if it does. */
async function count(pattern: RegExp): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for await (const [place, text] of sources()) {
    const hits = [...text.matchAll(pattern)].length;
    if (hits > 0) found[place] = hits;
  }
  return found;
}

function countsOf(exceptions: Exceptions): Record<string, number> {
  return Object.fromEntries(
    Object.entries(exceptions).map(([place, [hits]]) => [place, hits]),
  );
}

Deno.test("every request of src/ goes through a transport", async () => {
  // Not a member, a type or a definition of that name.
  const fetches = /(?<!typeof |async |[.\w])fetch\b(?!\??:)(?!\(\w+: )/g;
  assertEquals(await count(fetches), countsOf(FETCHES));
  assertEquals(await count(/\bcreateFetches\b/g), countsOf(UNBOUNDED));
  const others =
    /\bDeno\.connect|\b(?:WebSocket|EventSource|XMLHttpRequest)\b|\baxios\b/g;
  assertEquals(await count(others), {});
});

Deno.test("every answer in src/ is read with limits on size and time", async () => {
  const readers =
    /\.(?:json|arrayBuffer|bytes|blob|formData|text)\(\)|\bgetReader\(/g;
  assertEquals(await count(readers), countsOf(READERS));
  assert(Object.keys(await count(/\.text\(MAX_BYTES\)/g)).length >= 4);
  // A transport returns nothing else from which a body could be read.
  const { read } = createTransport(() => Promise.resolve(new Response("x")));
  const { signal } = new AbortController();
  const reply = await read("http://127.0.0.1", { signal });
  const members = ["discard", "headers", "status", "text"];
  assertEquals(Object.keys(reply).sort(), members);
  await reply.discard();
});
