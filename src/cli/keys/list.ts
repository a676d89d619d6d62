/**
 * Lists the keys.
 *
 * @module
 */
import { advise } from "../../app/advice.ts";
import { demandKeys } from "../../app/stores.ts";
import type { StoredKey } from "../../auth/key_store.ts";
import { sentenceOf, StoreError } from "../../errors.ts";
import { command, noWord, type Run } from "../command.ts";
import { FAILED, OK } from "../exit.ts";
import { complain, lineOf, say, sayJson, table } from "../output.ts";
import { show } from "./time.ts";

/** Lists the stored keys without their hashes, and names unreadable ones. */
export const listKeys: Run = command(noWord, async (program, _, { json }) => {
  const kept = demandKeys(program.keys);
  const shown: Shown[] = [];
  let code = OK;
  for (const id of await kept.ids()) {
    try {
      const found = await kept.read(id);
      if (!found) {
        complain(
          `the key ${
            lineOf(id)
          } was revoked, and its record is in the store: the key is not accepted. ${
            advise({ what: "revokeKey", id: lineOf(id) })
          }`,
        );
        code = FAILED;
        continue;
      }
      const { hash: _, ...key } = found.key;
      shown.push({ id, ...key });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const holds = await kept.describe(id).catch(() => undefined);
      complain(
        `the key ${lineOf(id)} cannot be read. ${sentenceOf(error, advise)}${
          holds === undefined ? "" : `. It has ${lineOf(holds)}`
        }`,
      );
      code = FAILED;
    }
  }
  shown.sort((one, other) => one.created_at - other.created_at);
  if (json) sayJson(shown);
  else say(tableOf(shown));
  return code;
});

/** The shown fields of a key. */
type Shown = Omit<StoredKey, "hash"> & { readonly id: string };

function tableOf(shown: readonly Shown[]): string {
  if (shown.length === 0) return "no keys yet";
  return table([
    ["id", "label", "tenants", "scopes", "created", "ends", "last use"],
    ...shown.map((key) => [
      key.id,
      key.label || "-",
      key.tenants.join(","),
      key.scopes.join(","),
      show(key.created_at),
      key.expires_at === undefined ? "never" : show(key.expires_at),
      key.last_used_at === undefined ? "never" : show(key.last_used_at),
    ]),
  ]);
}
