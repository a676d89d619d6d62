/**
 * Qontak's token endpoint where each refresh token can be used once.
 *
 * @module
 */
import { QontakError } from "../../src/errors.ts";
import type { Grant } from "../../src/tokens/renewal.ts";
import { sleep } from "../support/time.ts";

/**
 * Refreshes the token `rN` to `rN+1`, if it is the newest; `used` lists those
 * that it was asked with. A refresh takes `delay` ms, or no timer without it.
 */
export function rotatingQontak(delay?: number) {
  let newest = 0;
  const used: string[] = [];
  return {
    used,
    async refresh(token: string): Promise<Grant> {
      used.push(token);
      await (delay === undefined ? Promise.resolve() : sleep(delay));
      if (token !== `r${newest}`) {
        throw new QontakError("invalid_grant", {
          endpoint: "POST /oauth/token",
          status: 401,
          said: "",
          code: "invalid_grant",
        });
      }
      newest++;
      return {
        access_token: `a${newest}`,
        refresh_token: `r${newest}`,
        expires_in: 21_600,
      };
    },
  };
}
