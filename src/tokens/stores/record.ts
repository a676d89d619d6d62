/**
 * The JSON record of one company in a store.
 *
 * @module
 */
import { StoreError } from "../../errors.ts";
import { defined, isObject, parseJson, toId } from "../../values/json.ts";
import type { Credentials } from "../store.ts";

/** A record that is not a company's credentials. */
export class NoCredentialsError extends StoreError {}

/**
 * Reads a record, including one from the Python server, whose `expires_at` may
 * be missing, a string, or fractional.
 *
 * @param text The record, as JSON.
 * @param tenant The company, for messages.
 * @throws {NoCredentialsError} When the record has neither a refresh_token nor an
 * sso_id.
 */
export function parseRecord(text: string, tenant: string): Credentials {
  const value = parseJson(text);
  const record = isObject(value) ? value : {};
  const word = (key: string) => {
    const found = record[key];
    return typeof found === "string" && found !== "" ? found : undefined;
  };
  const user = toId(record.user) ?? undefined;
  const refresh_token = word("refresh_token");
  if (refresh_token !== undefined) {
    return {
      refresh_token,
      ...defined({
        access_token: word("access_token"),
        expires_at: seconds(record.expires_at),
        expires_in: seconds(record.expires_in),
        account: word("account"),
        user,
        since: seconds(record.since),
        refused_at: seconds(record.refused_at),
      }),
    };
  }
  const sso_id = word("sso_id");
  if (sso_id !== undefined) {
    return {
      sso_id,
      ...defined({
        client_id: word("client_id"),
        client_secret: word("client_secret"),
        user,
      }),
    };
  }
  throw new NoCredentialsError(
    `What is kept for tenant ${
      JSON.stringify(tenant)
    } is not a record with a refresh_token: it was not written by this server`,
  );
}

/** Seconds since 1970, from a number, digits or an ISO date. */
function seconds(value: unknown): number | undefined {
  if (typeof value === "number") return finite(value);
  if (typeof value !== "string" || value === "") return undefined;
  return finite(Number(value)) ?? finite(Date.parse(value) / 1000);
}

function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
