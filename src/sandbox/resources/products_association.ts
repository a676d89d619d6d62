/**
 * `/products_association`: the product lines of deals. The underscore and the
 * singular are Qontak's own.
 *
 * @module
 */

import { PRODUCT_PAGE_KEYS } from "../answer.ts";
import { type Collection, routes } from "../collection.ts";
import { PRODUCT_TEMPLATE } from "../data/product_template.ts";
import { record } from "../data/people.ts";
import { idOnly, type Key, recordsOf, text } from "../keys.ts";
import { recordName, type Stored } from "../records.ts";
import type { Resource } from "../router.ts";
import { dealChoices } from "./links.ts";
import {
  PRODUCT_KEYS,
  rawRow,
  relist,
  withoutLabels,
} from "./product_lines.ts";

/** A key of the bodies in Qontak's collection that its records do not have. */
function unseen(name: string): Key {
  return { ...text(name), show: () => ({}) };
}

const collection: Collection<Stored> = {
  name: "products_association",
  records: (world) => world.associations,
  template: () => PRODUCT_TEMPLATE,
  keys: [
    text("name"),
    idOnly("crm_product_id", recordsOf((world) => world.products)),
    idOnly("crm_deal_id", dealChoices),
    ...PRODUCT_KEYS,
    unseen("unit_quantity"),
    unseen("manufacturer"),
  ],
  aliases: {},
  filters: {
    crm_deal_id: ({ values }, wanted) => values.crm_deal_id === Number(wanted),
    query: (line, wanted) =>
      recordName(line).toLowerCase().includes(wanted.toLowerCase()),
  },
  blank: ({ body, world }) =>
    record(world.nextId(), String(body.name), Date.now(), {}),
  // Assumed: a line must always have both.
  settle({ values, fail }) {
    for (const key of ["crm_product_id", "crm_deal_id"]) {
      if (values[key] == null) fail(key, "can't be blank");
    }
  },
  saved(line, _, { world }) {
    world.associations.set(line.id, line);
    relist(line, world);
  },
  removed: (line, { world }) => relist(line, world),
  answersUpdate: () => false,
  absentFromCreate: ["crm_tag_ids"],
  finish(shown, line, { observed, user }, verb) {
    if (verb !== "create" || !observed) return withoutLabels(shown);
    const { crm_product_id, crm_deal_id } = line.values;
    return {
      ...rawRow(line, PRODUCT_TEMPLATE, user.id),
      crm_product_id,
      crm_deal_id,
      sequence: null,
    };
  },
  pageKeys: PRODUCT_PAGE_KEYS,
};

/** The five endpoints of product lines. */
export const productsAssociation: Resource = {
  name: "products_association",
  unixTimestamp: true,
  routes: routes(collection, "list", "get", "create", "update", "delete"),
};
