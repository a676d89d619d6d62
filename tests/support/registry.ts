/**
 * A stand-in for the JSR registry on loopback, as far as deno asks it.
 *
 * @module
 */

/** A package: its version, its exports, and its files by path. */
export interface Package {
  readonly version: string;
  readonly exports: Record<string, string>;
  readonly files: Record<string, string>;
}

/** A registry that is serving. */
export interface Registry extends AsyncDisposable {
  /** What `JSR_URL` must be. */
  readonly url: string;
}

async function sha256(text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return `sha256-${new Uint8Array(hash).toHex()}`;
}

/** Serves packages by name, such as `@std/assert`. */
export async function serveRegistry(
  packages: Record<string, Package>,
): Promise<Registry> {
  const answers = new Map<string, string>();
  for (const [name, { version, exports, files }] of Object.entries(packages)) {
    const [scope, short] = name.slice(1).split("/");
    const manifest: Record<string, { size: number; checksum: string }> = {};
    for (const [path, text] of Object.entries(files)) {
      answers.set(`/${name}/${version}${path}`, text);
      manifest[path] = {
        size: new TextEncoder().encode(text).length,
        checksum: await sha256(text),
      };
    }
    answers.set(
      `/${name}/meta.json`,
      JSON.stringify({
        scope,
        name: short,
        latest: version,
        versions: { [version]: {} },
      }),
    );
    answers.set(
      `/${name}/${version}_meta.json`,
      JSON.stringify({ manifest, exports }),
    );
  }
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      const { pathname } = new URL(request.url);
      const text = answers.get(pathname);
      if (text === undefined) return new Response("", { status: 404 });
      const type = pathname.endsWith(".json")
        ? "application/json"
        : "application/typescript";
      return new Response(text, { headers: { "content-type": type } });
    },
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}/`,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
    },
  };
}
