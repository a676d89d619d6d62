/**
 * Signs requests to the sandbox as Mekari's documentation says, independently
 * of src/qontak: that code is tested against the sandbox, so it cannot test the
 * sandbox.
 *
 * @module
 */

import { createHmac } from "node:crypto";
import {
  type MekariApplication,
  SANDBOX_MEKARI,
} from "../../src/sandbox/mod.ts";

/** What may differ from a valid request. */
export interface Signing {
  readonly application?: MekariApplication;
  /** The `Date` header; by default now. */
  readonly date?: string;
  /** By default that of the application, or else of the first user. */
  readonly ssoId?: string;
}

/** The headers of a signed request to `target`, a path with its query. */
export function sign(
  method: string,
  target: string,
  { application = SANDBOX_MEKARI, ...signing }: Signing = {},
): Record<string, string> {
  const { clientId, clientSecret } = application;
  const date = signing.date ?? new Date().toUTCString();
  const signature = createHmac("sha256", clientSecret)
    .update(`date: ${date}\n${method} ${target} HTTP/1.1`)
    .digest("base64");
  return {
    date,
    authorization: `hmac username="${clientId}", algorithm="hmac-sha256", ` +
      `headers="date request-line", signature="${signature}"`,
    "x-crm-user-sso-id": signing.ssoId ?? application.ssoId ??
      SANDBOX_MEKARI.ssoId,
  };
}
