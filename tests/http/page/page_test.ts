/** The page at /, as it is sent. browser_test.ts tests it in a browser. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createHandler, createServer } from "../../../mod.ts";
import { createPage } from "../../../src/http/page/page.ts";
import { startHttp } from "../../support/process.ts";

const server = createServer({ refreshToken: "canary-token", log: () => {} });
const handler = createHandler(server);

function ask(init: RequestInit = {}, path = "/"): Promise<Response> {
  return handler(new Request(`http://127.0.0.1:8000${path}`, init));
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return btoa(String.fromCharCode(...new Uint8Array(digest)));
}

Deno.test("the page is small, and allows only its own script", async () => {
  const response = await ask();
  assertEquals(response.status, 200);
  const html = await response.text();
  for (const language of ["en", "id"]) {
    const { size } = await (await ask({}, `/?lang=${language}`)).blob();
    assert(size < 99_000, `${language}: ${size} bytes`);
  }
  const policy = response.headers.get("content-security-policy")!;
  assertStringIncludes(policy, "default-src 'none'");
  assertStringIncludes(policy, "frame-ancestors 'none'");
  assert(!policy.includes("unsafe"));
  for (const kind of ["style", "script"]) {
    const parts = [
      ...html.matchAll(new RegExp(`<${kind}[^>]*>([\\s\\S]*?)</${kind}>`, "g")),
    ];
    assertEquals(parts.length, 1, kind);
    assertStringIncludes(policy, `'sha256-${await sha256(parts[0]![1]!)}'`);
  }
  assert(!/\son\w+=|\sstyle=|javascript:/i.test(html), "inline code");
  assert(!/(src|href)="https?:\/\/(?!127\.0\.0\.1)[^"]*\.(js|css)/.test(html));
  assertEquals(response.headers.get("x-content-type-options"), "nosniff");
  assertEquals(response.headers.get("referrer-policy"), "no-referrer");
});

/** All combinations of yes and no for the options of the page. */
const variants = [true, false].flatMap((needsKey) =>
  [true, false].flatMap((signsIn) =>
    [true, false].map((isInvented) => ({ needsKey, signsIn, isInvented }))
  )
);

for (const language of ["en", "id"]) {
  Deno.test(`every variant of the page is at most 100 KiB: ${language}`, async () => {
    const sizes = await Promise.all(variants.map(async (options) => {
      const page = createPage(server, options);
      const address = `https://crm.example.com/?lang=${language}`;
      return (await (await page(new Request(address))).blob()).size;
    }));
    assert(Math.max(...sizes) <= 102_400, sizes.join());
  });
}

Deno.test("the page names every tool, and shows no data", async () => {
  const html = await (await ask()).text();
  for (const name of server.tools) assertStringIncludes(html, name);
  assert(!html.includes("canary"));
});

Deno.test("the page speaks English and Bahasa Indonesia", async () => {
  for (const language of ["en", "id"]) {
    const response = await ask({ headers: { "accept-language": language } });
    assertEquals(response.headers.get("content-language"), language);
    assertStringIncludes(await response.text(), `<html lang="${language}"`);
  }
});

Deno.test("the page is sent once, and again when it has changed", async () => {
  const first = await ask();
  const etag = first.headers.get("etag")!;
  await first.body?.cancel();
  const again = await ask({ headers: { "if-none-match": etag } });
  assertEquals([again.status, await again.text()], [304, ""]);
  const head = await ask({ method: "HEAD" });
  assertEquals([head.status, await head.text()], [200, ""]);
  const small = createServer({
    refreshToken: "unused",
    toolsets: ["notes"],
    log: () => {},
  });
  const other = await createHandler(small)(
    new Request("http://127.0.0.1:8000/"),
  );
  assert(other.headers.get("etag") !== etag);
  await other.body?.cancel();
});

Deno.test("the page of --sandbox says that its data is invented", async () => {
  await using sandbox = await startHttp(["--sandbox"]);
  const html = await (await fetch(new URL("/", sandbox.url))).text();
  assert(html.includes("Invented data"));
  await using real = await startHttp([], { QONTAK_REFRESH_TOKEN: "unused" });
  const other = await (await fetch(new URL("/", real.url))).text();
  assert(!other.includes("Invented data"));
});
