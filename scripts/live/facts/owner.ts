/**
 * Facts about owners. They need a record of ours to be another user's for a
 * moment.
 *
 * @module
 */
import { type Endpoint, endpoints } from "../../../src/qontak/endpoints.ts";
import { type Resource, resources } from "../../../src/qontak/resources.ts";
import { asAssumed, type Fact, judged, NotTried, otherwise } from "../fact.ts";
import { type Kind, kinds } from "../kinds.ts";
import type { Lab } from "../lab.ts";

/** A user who is not the one behind the token. */
async function somebodyElse(lab: Lab, resource: Resource): Promise<number> {
  const { me } = lab;
  if (me === undefined) {
    throw new NotTried("the user behind the token could not be found out");
  }
  const field = (await lab.setup.fields(resource)).find(({ key }) =>
    key === "creator_id"
  );
  const other = field?.options?.find(({ id }) => id !== null && id !== me);
  if (!other) throw new NotTried("this account has no second user");
  return other.id!;
}

function resetFact(
  kind: Kind,
  resource: Resource,
  updateOwner: Endpoint,
): Fact {
  return {
    id: `owner-reset-${kind.name}`,
    question: `Does PUT ${
      kind.endpoints.update!.path
    } without creator_id make the token's user the owner?`,
    assumed: "Yes, so every update sends the owner again",
    code: "src/tools/kit/write.ts: keepOwner",
    how: "Gives a record of ours to another user, changes it, gives it back",
    phase: "write",
    async probe(lab) {
      const id = lab.ours(kind);
      const other = await somebodyElse(lab, resource);
      const me = lab.me!;
      await lab.tool(`update_${kind.name}_owner`, {
        [kind.idArgument]: id,
        creator_id: other,
      });
      try {
        if ((await lab.read(kind)).creator_id !== other) {
          throw new NotTried("the record could not be given to another user");
        }
        const { ok, status } = await lab.attempt(kind.endpoints.update!, {
          path: { id },
          body: { [kind.label]: lab.mark },
        });
        if (!ok) throw new NotTried(`the update was answered with ${status}`);
        const owner = (await lab.read(kind)).creator_id;
        if (owner === me) return asAssumed("the owner was reset");
        return otherwise(
          owner === other ? "the owner stayed" : "the owner became another",
        );
      } finally {
        // Only its owner may be allowed to delete it.
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
  resetFact(kinds.deal, resources.deal, endpoints.deals.updateOwner),
  resetFact(kinds.contact, resources.contact, endpoints.contacts.updateOwner),
  {
    id: "owner-null",
    question: "Is update_owner with null refused?",
    assumed: "Yes; the tool does not send it",
    code: "src/tools/kit/resource.ts: ownerTool",
    how: "PUT /deals/:id/update_owner with creator_id null",
    phase: "write",
    async probe(lab) {
      const id = lab.ours(kinds.deal);
      const { ok, status } = await lab.attempt(endpoints.deals.updateOwner, {
        path: { id },
        body: { creator_id: null },
      });
      if (ok && lab.me !== undefined) {
        await lab.attempt(endpoints.deals.updateOwner, {
          path: { id },
          body: { creator_id: lab.me },
        });
      }
      return judged(!ok, ok ? "accepted" : `refused with ${status}`);
    },
  },
];
