/**
 * Revokes a key.
 *
 * @module
 */
import { demandKeys } from "../../app/stores.ts";
import { isKeyId } from "../../auth/stored_keys.ts";
import { ConfigError, InputError } from "../../errors.ts";
import { command, type Run } from "../command.ts";
import { OK } from "../exit.ts";
import { say } from "../output.ts";

/** Revokes a key. */
export const revokeKey: Run = command(readId, async (program, id) => {
  if (!await demandKeys(program.keys).remove(id)) {
    throw new InputError(
      `There is no key ${id}: qontak-mcp keys list shows all keys`,
    );
  }
  say(
    `The key ${id} is revoked. Running servers stop accepting it within 60 seconds`,
  );
  return OK;
});

/** The error does not repeat the word: it may be a whole key. */
function readId(word: string | undefined): string {
  if (word !== undefined && isKeyId(word)) return word;
  throw new ConfigError([
    "keys revoke needs the id of a key: the 12 letters and digits between the two _ of a key, which keys list shows. Do not give the whole key",
  ]);
}
