/**
 * Qontak's token endpoint where each refresh token can be used once.
 *
 * @module
 */
import { QontakError } from "../../src/errors.ts";
import type { Grant } from "../../src/tokens/renewal.ts";
import { sleep } from "../support/time.ts";

/**
 * Exchanges the newest refresh token, at first `r0`, for `r1` and `a1`, and so
 * on. `used` lists the tokens that it was sent.
 *
 * @param delay How long a refresh takes, in ms. Without it, there is no timer.
 * @param name The name of the refresh tokens, before their number.
 */
export function rotatingQontak(delay?: number, name = "r") {
  let newest = 0;
  const used: string[] = [];
  return {
    used,
    async refresh(token: string): Promise<Grant> {
      used.push(token);
      await (delay === undefined ? Promise.resolve() : sleep(delay));
      if (token !== `${name}${newest}`) {
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
        refresh_token: `${name}${newest}`,
        expires_in: 21_600,
      };
    },
  };
}
