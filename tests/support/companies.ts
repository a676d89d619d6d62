/**
 * Several companies behind one Qontak. Each has its own sandbox, and the token
 * of a request determines the company.
 *
 * @module
 */
import { MemorySandbox } from "../../src/sandbox/sandbox.ts";
import type { SandboxOptions } from "../../src/sandbox/mod.ts";

/** The path of the token endpoint. */
const TOKEN_PATH = "/oauth/token";

/** A request, and its company. */
export interface CompanyRequest {
  /** The company of its token; undefined if no company has that token. */
  readonly company: string | undefined;
  /** Whether it requests a token. */
  readonly isGrant: boolean;
  readonly method: string;
  readonly body: string | null;
}

/** Answers a request, and may pass it on to the company's sandbox. */
export type BetweenCompanies = (
  request: CompanyRequest,
  pass: () => Promise<Response>,
) => Response | Promise<Response>;

/** The companies. */
export interface Companies {
  readonly sandboxes: ReadonlyMap<string, MemorySandbox>;
  /** The company of each token, including old tokens. */
  readonly owners: ReadonlyMap<string, string>;
  /**
   * Answers a request; `signal` ends every wait.
   *
   * @throws {ConnectionCut} If a fault cuts the connection.
   */
  handle(request: Request, signal: AbortSignal): Promise<Response>;
}

/**
 * Makes companies.
 *
 * @param names Their names, at least one.
 * @param options The settings of each one's sandbox.
 * @param between Handles requests between the server under test and the
 * sandboxes.
 */
export function createCompanies(
  names: readonly string[],
  options: (name: string) => SandboxOptions & { readonly refreshToken: string },
  between: BetweenCompanies,
): Companies {
  const sandboxes = new Map<string, MemorySandbox>();
  const owners = new Map<string, string>();
  for (const name of names) {
    sandboxes.set(name, new MemorySandbox(options(name)));
    owners.set(options(name).refreshToken, name);
  }
  return {
    sandboxes,
    owners,
    async handle(request, signal) {
      const { url, method, headers } = request;
      const body = await request.text() || null;
      const isGrant = new URL(url).pathname === TOKEN_PATH;
      const token = isGrant
        ? new URLSearchParams(body ?? "").get("refresh_token")
        : headers.get("authorization")?.replace(/^Bearer /, "");
      const company = owners.get(token ?? "");
      // Each of them refuses an unknown token.
      const owner = company ?? names[0]!;
      const pass = async () => {
        const answer = await sandboxes.get(owner)!.handle(
          new Request(url, { method, headers, body }),
          signal,
        );
        if (isGrant && answer.ok) {
          const { access_token, refresh_token } = await answer.clone().json();
          owners.set(access_token, owner).set(refresh_token, owner);
        }
        return answer;
      };
      return await between({ company, isGrant, method, body }, pass);
    },
  };
}
