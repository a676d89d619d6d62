/** Signing in with what it keeps in Deno KV. */
import { createKvChangeStore } from "../../../src/changes/stores/kv.ts";
import { kvTests } from "../../support/kv.ts";
import { manySignIns, repeatedRenewals, unusedTokens } from "./contract.ts";

const test = kvTests("signing in with Deno KV", import.meta.filename!);

test(
  "a renewal whose answer was lost is answered again for ten seconds, in Deno KV",
  ({ kv }) => repeatedRenewals(() => createKvChangeStore({ kv })),
);

test(
  "tokens of Qontak that no session needs are removed, and no others, in Deno KV",
  ({ kv }) => unusedTokens(() => createKvChangeStore({ kv })),
);

test(
  "strangers with few addresses do not end the sign-ins of others, in Deno KV",
  ({ kv }) => manySignIns(() => createKvChangeStore({ kv })),
);
