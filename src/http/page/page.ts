/**
 * The page at `/`, for people who open the endpoint in a browser. It shows what
 * the server is, whether it is healthy, how to connect a client, and the tools.
 * Tools that only read can be tried.
 *
 * The page is public, so it is made from definitions alone: it depends on no
 * tenant and no key. It needs no build step and loads no other file. Each
 * language is rendered once, on the first request, and kept as bytes. Its
 * content security policy allows its own style and script by their hashes,
 * requests to its own origin, and nothing else.
 *
 * @module
 */
import type { QontakServer } from "../../server.ts";
import { digest } from "../../storage/hash.ts";
import { toBase64 } from "../../values/base64.ts";
import { renderPage } from "./render.ts";
import { SCRIPT } from "./script/script.ts";
import { STYLE } from "./style/style.ts";
import { groupTools } from "./tools.ts";
import { type Language, languageOf } from "./words.ts";

/** What the page says of the server beside its tools. */
export interface PageOptions {
  /** Whether callers of `/mcp` need a key. */
  readonly needsKey: boolean;
  /** Whether clients are sent to a page where a person signs in. */
  readonly signsIn: boolean;
  /** Whether the data is that of the built-in CRM. */
  readonly isInvented: boolean;
}

/** Answers requests for the page. */
export type Page = (request: Request) => Promise<Response>;

/** One language of the page, as it is sent. */
interface Written {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Makes the page at `/`. It expects MCP at `/mcp` and the state of the server
 * at `/health` and `/ready`, on the same origin.
 *
 * @param server The server whose tools it shows. They are read when the page is
 * first opened.
 * @param options What else it says of the server.
 * @returns A function that answers `GET` and `HEAD`; it never rejects.
 */
export function createPage(
  server: Pick<QontakServer, "listed">,
  options: PageOptions,
): Page {
  const written = new Map<Language, Promise<Written>>();
  const write = (language: Language) => {
    const html = renderPage({
      language,
      toolsets: groupTools(server.listed),
      ...options,
      style,
      script,
    });
    return encode(html, language);
  };

  return async (request) => {
    const language = languageOf(request);
    let page = written.get(language);
    if (!page) written.set(language, page = write(language));
    const { body, headers } = await page;
    if (isKnown(headers.etag!, request.headers.get("if-none-match"))) {
      return new Response(null, { status: 304, headers });
    }
    return new Response(request.method === "HEAD" ? null : body, {
      headers: {
        ...headers,
        "content-type": "text/html; charset=utf-8",
        "content-length": String(body.length),
      },
    });
  };
}

/** Without indentation and comments: those are for people who edit it. */
function compact(source: string): string {
  return source.replace(/^\s*\/\*[^]*?\*\/$/gm, "")
    .replace(/^\s*\/\/.*$/gm, "")
    .replace(/\n\s*/g, "\n");
}

const style = compact(STYLE);
const script = compact(SCRIPT);

/** Makes the body and the headers of one language. */
async function encode(html: string, language: Language): Promise<Written> {
  const body = new TextEncoder().encode(html);
  return {
    body,
    headers: {
      "content-language": language,
      "content-security-policy": policy(
        await hashOf(style),
        await hashOf(script),
      ),
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      // Cached, but revalidated each time, so that changed tools show at once.
      "cache-control": "no-cache",
      "etag": `"${await hashOf(body)}"`,
      "referrer-policy": "no-referrer",
      "vary": "accept-language",
      "x-content-type-options": "nosniff",
    },
  };
}

/** The content security policy of the page. */
function policy(style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src 'sha256-${style}'`,
    `script-src 'sha256-${script}'`,
    "connect-src 'self'",
    // The icon.
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}

/** Whether `If-None-Match` names the current version. */
function isKnown(etag: string, header: string | null): boolean {
  return (header ?? "").split(",").map((one) => one.trim())
    // A proxy that compresses makes the tag a weak one.
    .some((one) => one === "*" || one.replace(/^W\//, "") === etag);
}

/** SHA-256 in base64, as headers have it. */
async function hashOf(
  data: string | Uint8Array<ArrayBuffer>,
): Promise<string> {
  return toBase64(await digest(data));
}
