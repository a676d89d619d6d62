/**
 * The JSON record that stores keep of one company.
 *
 * @module
 */
import { isObject } from "../../values.ts";
import { type Credentials, StoreError } from "../store.ts";

/**
 * Reads a record, also one that the Python server wrote: its `expires_at` may
 * be missing, a string, or have a fraction.
 *
 * @param text The record.
 * @param tenant The company, for messages.
 * @throws {StoreError} When it is no record with a refresh token.
 */
export function parseRecord(text: string, tenant: string): Credentials {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below: nothing of the record may reach a message.
  }
  const record = isObject(value) ? value : {};
  const { refresh_token, access_token } = record;
  if (typeof refresh_token !== "string" || refresh_token === "") {
    throw new StoreError(
      `What is kept for tenant ${
        JSON.stringify(tenant)
      } is no record with a refresh_token: it was not written by this server`,
    );
  }
  const expiresAt = seconds(record.expires_at);
  const expiresIn = seconds(record.expires_in);
  return {
    refresh_token,
    ...(typeof access_token === "string" && access_token !== ""
      ? { access_token }
      : {}),
    ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    ...(expiresIn === undefined ? {} : { expires_in: expiresIn }),
  };
}

/** Seconds since 1970, from a number, digits or an ISO date. */
function seconds(value: unknown): number | undefined {
  if (typeof value === "number" && Number.isFinite(value)) {
    return Math.floor(value);
  }
  if (typeof value !== "string" || value === "") return undefined;
  const number = Number(value);
  if (Number.isFinite(number)) return Math.floor(number);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.floor(date / 1000);
}
