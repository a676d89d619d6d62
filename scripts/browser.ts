/**
 * Chromium, for pictures and for tests with a browser.
 *
 * @module
 */
import type { Browser } from "npm:playwright-core@1.56";

/** The path of chromium; undefined if it is not on PATH. */
export async function findBrowser(): Promise<string | undefined> {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
      const path = `${folder}/${name}`;
      try {
        if ((await Deno.stat(path)).isFile) return path;
      } catch {
        // It is not in this folder.
      }
    }
  }
  return undefined;
}

/**
 * Starts the browser.
 *
 * @param executablePath Its path.
 */
export async function launch(executablePath: string): Promise<Browser> {
  // Loaded when it is needed: without a browser, this is missing as well.
  const { chromium } = await import("npm:playwright-core@1.56");
  return await chromium.launch({
    executablePath,
    // Its own sandbox does not start as root, which most containers use. It
    // opens only pages of our own.
    args: ["--no-sandbox"],
  });
}
