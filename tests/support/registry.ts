/**
 * A stand-in for the JSR registry on loopback, as far as deno needs it.
 *
 * @module
 */
import config from "../../deno.json" with { type: "json" };
import { sha256 } from "../../src/storage/hash.ts";
import { bareEnv, root } from "./process.ts";
import { serve } from "./serve.ts";

/** A package: its version, its exports, and its files by path. */
export interface Package {
  readonly version: string;
  readonly exports: Record<string, string>;
  readonly files: Record<string, string>;
}

/** A registry that is serving. */
export interface Registry extends AsyncDisposable {
  /** The value for `JSR_URL`. */
  readonly url: string;
  /** The requested paths, in order. */
  readonly requests: readonly string[];
}

/** The answers of JSR by path, for packages by name, such as `@std/assert`. */
async function answersFor(
  packages: Record<string, Package>,
): Promise<Map<string, string>> {
  const answers = new Map<string, string>();
  for (const [name, { version, exports, files }] of Object.entries(packages)) {
    const [scope, short] = name.slice(1).split("/");
    const manifest: Record<string, { size: number; checksum: string }> = {};
    for (const [path, text] of Object.entries(files)) {
      answers.set(`/${name}/${version}${path}`, text);
      manifest[path] = {
        size: new TextEncoder().encode(text).length,
        checksum: `sha256-${await sha256(text)}`,
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
  return answers;
}

function typeOf(path: string): string {
  return path.endsWith(".json") ? "application/json" : "application/typescript";
}

/**
 * Puts packages into a DENO_DIR, as if deno had fetched them from jsr.io.
 *
 * @param cache The DENO_DIR.
 * @param packages The packages by name.
 */
export async function cacheFromJsr(
  cache: string,
  packages: Record<string, Package>,
): Promise<void> {
  const folder = `${cache}/remote/https/jsr.io`;
  await Deno.mkdir(folder, { recursive: true });
  for (const [path, text] of await answersFor(packages)) {
    const metadata = JSON.stringify({
      headers: { "content-type": typeOf(path) },
      url: `https://jsr.io${path}`,
      time: Math.floor(Date.now() / 1_000),
    });
    await Deno.writeTextFile(
      `${folder}/${await sha256(path)}`,
      `${text}\n// denoCacheMetadata=${metadata}`,
    );
  }
}

/** Serves packages by name, such as `@std/assert`. */
export async function serveRegistry(
  packages: Record<string, Package>,
): Promise<Registry> {
  const answers = await answersFor(packages);
  const requests: string[] = [];
  const server = serve((request) => {
    const { pathname } = new URL(request.url);
    requests.push(pathname);
    const text = answers.get(pathname);
    if (text === undefined) return new Response("", { status: 404 });
    return new Response(text, {
      headers: { "content-type": typeOf(pathname) },
    });
  });
  return { ...server, url: `${server.url}/`, requests };
}

/** The minimum versions in deno.json. */
const OLDEST = { assert: "1.0.14", dotenv: "0.225.5", testing: "1.0.15" };

/**
 * The stand-ins of tests/std, in the form of the packages of `@std` on JSR.
 *
 * @param versions Their versions.
 */
export async function standIns(
  versions: typeof OLDEST = OLDEST,
): Promise<Record<string, Package>> {
  const of = async (version: string, path: string, file: string) => ({
    version,
    exports: { [path]: "./mod.ts" },
    files: {
      "/mod.ts": await Deno.readTextFile(`${root}tests/std/${file}`),
    },
  });
  return {
    "@std/assert": await of(versions.assert, ".", "assert.ts"),
    "@std/dotenv": await of(versions.dotenv, "./stringify", "dotenv.ts"),
    "@std/testing": await of(versions.testing, "./time", "time.ts"),
  };
}

/** What `deno publish` would upload. */
export interface DryRun {
  readonly code: number;
  /** Its output. */
  readonly text: string;
  /**
   * The paths of the files that it would publish, each with a leading slash.
   */
  readonly paths: readonly string[];
}

/** Runs `deno publish --dry-run`. */
export async function dryRun(): Promise<DryRun> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["publish", "--dry-run", "--allow-dirty"],
    cwd: root,
    // It does not need JSR, so the test does not wait for it.
    env: bareEnv({ JSR_URL: "http://127.0.0.1:9/", NO_COLOR: "1" }),
    clearEnv: true,
  }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout) + decoder.decode(stderr);
  const paths = Array.from(
    text.matchAll(/^ +(file:\S+) \([\d.]+[KM]?B\)$/gm),
    ([, url]) => `/${new URL(url!).pathname.slice(root.length)}`,
  );
  return { code, text, paths };
}

/** This package as it is on JSR once `paths` are published. */
export async function published(paths: readonly string[]): Promise<Package> {
  const files: Record<string, string> = {};
  for (const path of paths) {
    const text = await Deno.readTextFile(`${root}${path.slice(1)}`);
    files[path] = path.endsWith(".ts") ? unfurl(text) : text;
  }
  const { version, exports } = config;
  return { version, exports, files };
}

/**
 * Replaces imports by name with the targets in deno.json, as `deno publish`
 * does: a package on JSR has no import map. Comments stay.
 */
function unfurl(text: string): string {
  const imports: Readonly<Record<string, string>> = config.imports;
  return text.replace(
    /^(?! *\*).*(?:\bfrom|\bimport\(|\bimport|@ts-types=) *"[^"]+"/gm,
    (line) =>
      line.replace(
        /"((?:@[^/"]+\/)?[^/"]+)(\/[^"]+)?"$/,
        (whole, name, path) =>
          Object.hasOwn(imports, name)
            ? `"${imports[name]}${path ?? ""}"`
            : whole,
      ),
  );
}
