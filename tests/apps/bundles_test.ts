/** The documents of the views: current, whole, small, and without origins. */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { bundle, bundleOf, VIEWS } from "../../scripts/views.ts";
import { apps } from "../../src/apps/apps.ts";
import { words } from "../../src/apps/views/words.ts";
import { unless } from "../support/unless.ts";

/** Why nothing can be bundled here; empty if it can. */
async function noBundler(): Promise<string> {
  const path = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--no-lock", path],
      stdout: "null",
      stderr: "null",
    }).output();
    return success ? "" : "deno bundle cannot load its bundler";
  } finally {
    await Deno.remove(path);
  }
}

Deno.test({
  ...unless(await noBundler(), "the bundles of the views are current"),
  async fn() {
    assertEquals(apps.map(({ name }) => name), [...VIEWS]);
    for (const view of VIEWS) {
      const kept = await Deno.readTextFile(bundleOf(view));
      assert(
        kept === await bundle(view),
        `src/apps/bundles/${view}.ts is old: run deno task views`,
      );
    }
  },
});

async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return `'sha256-${new Uint8Array(hash).toBase64()}'`;
}

for (const app of apps) {
  Deno.test(`the view ${app.name} is one small document whose policy lets only its own script run`, async () => {
    const html = await app.html();
    const size = new TextEncoder().encode(html).length;
    assert(size <= 40 * 1024, `${size} bytes`);
    const [, policy = ""] =
      /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(
        html,
      ) ?? [];
    const script = /<script type="module">(.*?)<\/script>/s.exec(html)![1]!;
    const style = /<style>(.*?)<\/style>/s.exec(html)![1]!;
    assertEquals(policy.split("; "), [
      "default-src 'none'",
      `script-src ${await hashOf(script)}`,
      `style-src ${await hashOf(style)}`,
      "base-uri 'none'",
      "form-action 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
    // The name of SVG is not loaded.
    const addresses = html.match(/https?:\/\/[^"'`\s)]+/g) ?? [];
    assertEquals(
      addresses.filter((one) => one !== "http://www.w3.org/2000/svg"),
      [],
    );
    assertEquals(html.match(/ src=| href=|url\(|@import/g), null);
    assertEquals(
      html.match(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/g,
      ),
      null,
    );
    assertMatch(html, /^<!doctype html><html lang="en">/);
  });
}

Deno.test("the views have every text in English and Indonesian, with the same values", () => {
  const values = (text: string) => (text.match(/\{\w+\}/g) ?? []).sort();
  assertEquals(Object.keys(words.id), Object.keys(words.en));
  for (const [key, text] of Object.entries(words.en)) {
    const own = words.id[key as keyof typeof words.id];
    assert(own.trim() !== "", key);
    assertEquals(values(own), values(text), key);
  }
});
