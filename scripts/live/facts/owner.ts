/**
 * Facts about owners. For these, one of our records briefly belongs to another
 * user.
 *
 * @module
 */
import { endpoints } from "../../../src/qontak/endpoints.ts";
import type { Fact } from "../fact.ts";
import { kinds } from "../kinds.ts";
import { demand, judged, NotTried } from "../verdict.ts";

function resetFact(kind: typeof kinds.deal | typeof kinds.contact): Fact {
  const { update, updateOwner } = kind === kinds.deal
    ? endpoints.deals
    : endpoints.contacts;
  return {
    id: `owner-reset-${kind.name}`,
    question:
      `Does PUT ${update.path} without creator_id make the token's user the owner?`,
    assumed: "Yes, so every update sends the owner again",
    code: "src/changes/check_write.ts: keepOwner",
    how: "Gives a record of ours to another user, changes it, gives it back",
    phase: "write",
    async probe(lab) {
      const id = lab.ours(kind);
      const me = demand(
        lab.me,
        "the user behind the token could not be found out",
      );
      const field = (await lab.setup.fields(kind.resource)).find(({ key }) =>
        key === "creator_id"
      );
      const { id: other } = demand(
        field?.options?.find(({ id }) => id !== null && id !== me),
        "this account has no second user",
      );
      const ownerNow = async () => (await lab.read(kind)).creator_id;
      await lab.tool(`update_${kind.name}_owner`, {
        [kind.idArgument]: id,
        creator_id: other,
      });
      try {
        demand(
          await ownerNow() === other,
          "the record could not be given to another user",
        );
        const { ok, status } = await lab.attempt(update, {
          path: { id },
          body: { [kind.label]: lab.mark },
        });
        if (!ok) throw new NotTried(`the update was answered with ${status}`);
        const owner = await ownerNow();
        return judged(
          owner === me,
          owner === me
            ? "the owner was reset"
            : owner === other
            ? "the owner stayed"
            : "the owner became another",
        );
      } finally {
        // Perhaps only its owner may delete it.
        await lab.attempt(updateOwner, {
          path: { id },
          body: { creator_id: me },
        });
      }
    },
  };
}

/** The facts. */
export const ownerFacts: readonly Fact[] = [
  resetFact(kinds.deal),
  resetFact(kinds.contact),
  {
    id: "owner-null",
    question: "Is update_owner with null refused?",
    assumed: "Yes; the tool does not send it",
    code: "src/tools/kit/owner.ts: ownerTool",
    how: "PUT /deals/:id/update_owner with creator_id null",
    phase: "write",
    async probe(lab) {
      const path = { id: lab.ours(kinds.deal) };
      const giveTo = (creator_id: number | null) =>
        lab.attempt(endpoints.deals.updateOwner, {
          path,
          body: { creator_id },
        });
      const { ok, status } = await giveTo(null);
      if (ok && lab.me !== undefined) await giveTo(lab.me);
      return judged(!ok, ok ? "accepted" : `refused with ${status}`);
    },
  },
];
