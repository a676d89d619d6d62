/**
 * Bundles the views of `src/apps/views` into one HTML document each, and writes
 * it as a module to `src/apps/bundles`. The documents are committed, so that
 * the program needs no bundler.
 *
 * @module
 */
import { FAILED } from "../src/cli/exit.ts";
import { toStderr } from "../src/logging/log.ts";

/** The views, by the name of their file. */
export const VIEWS = ["board", "review", "answer"] as const;

const root = new URL("../", import.meta.url);

/** Where the module of a view is. */
export const bundleOf = (view: string): URL =>
  new URL(`src/apps/bundles/${view}.ts`, root);

/** Runs deno in the project's folder, and returns what it writes to stdout. */
async function deno(args: readonly string[], input = ""): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: root,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { success, stdout, stderr } = await child.output();
  const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  if (!success) throw new Error(`deno ${args[0]} failed: ${text(stderr)}`);
  return text(stdout);
}

/** The hash of an inline script or style, for the content security policy. */
async function hashOf(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `'sha256-${hash.toBase64()}'`;
}

/** The style of a view, without what only its readers need. */
async function styleOf(view: string): Promise<string> {
  const files = ["base", view].map((name) =>
    Deno.readTextFile(new URL(`src/apps/views/${name}.css`, root))
  );
  return (await Promise.all(files)).join("")
    .replace(/\s+/g, " ")
    .replace(/ ?([{};,>]) ?/g, "$1")
    .replace(/: /g, ":")
    .trim();
}

/**
 * Bundles a view.
 *
 * @param view The name of its file.
 * @returns The text of its module.
 * @throws {Error} When the bundler cannot be loaded, or finds a fault.
 */
export async function bundle(view: string): Promise<string> {
  const script = (await deno([
    "bundle",
    "--quiet",
    "--no-lock",
    "--platform",
    "browser",
    "--minify",
    `src/apps/views/${view}.ts`,
  ])).trim();
  if (/<\/script|<!--/i.test(script)) {
    throw new Error(`The script of ${view} would end its element`);
  }
  const style = await styleOf(view);
  const policy = [
    "default-src 'none'",
    `script-src ${await hashOf(script)}`,
    `style-src ${await hashOf(style)}`,
    "base-uri 'none'",
    "form-action 'none'",
    // No string may become HTML or code.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
  const html = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    '<meta name="viewport" content="width=device-width,initial-scale=1">',
    `<title>Qontak</title><style>${style}</style></head>`,
    `<body><main></main><script type="module">${script}</script></body></html>`,
  ].join("");
  const module = `/**
 * The view \`${view}\`, made by \`deno task views\` from src/apps/views.
 *
 * @module
 */

/** The document. */
export const html: string = ${JSON.stringify(html)};
`;
  return await deno(["fmt", "--ext", "ts", "-"], module);
}

if (import.meta.main) {
  try {
    for (const view of VIEWS) {
      const module = await bundle(view);
      await Deno.writeTextFile(bundleOf(view), module);
      toStderr(`${view}: ${new TextEncoder().encode(module).length} bytes`);
    }
  } catch (error) {
    toStderr(error instanceof Error ? error.message : String(error));
    Deno.exit(FAILED);
  }
}
