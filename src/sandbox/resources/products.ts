/**
 * `/products`: what is special about them. They have no template.
 *
 * @module
 */

import { PRODUCT_PAGE_KEYS } from "../answer.ts";
import { type Collection, routes } from "../collection.ts";
import { PRODUCT_TEMPLATE } from "../data/product_template.ts";
import { record } from "../data/people.ts";
import { text } from "../keys.ts";
import { recordName, type Stored } from "../records.ts";
import type { Resource } from "../router.ts";
import { forget } from "./links.ts";
import {
  PRODUCT_KEYS,
  rawRow,
  removeLines,
  withoutLabels,
} from "./product_lines.ts";

const collection: Collection<Stored> = {
  name: "products",
  records: (world) => world.products,
  template: () => PRODUCT_TEMPLATE,
  keys: [text("name"), ...PRODUCT_KEYS],
  aliases: {},
  // // Qontak's collection only names the parameter. Assumed: it matches a part
  // of the name, ignoring case.
  filters: {
    query: (product, wanted) =>
      recordName(product).toLowerCase().includes(wanted.toLowerCase()),
  },
  blank: ({ body, world }) =>
    record(world.nextId(), String(body.name), Date.now(), {}),
  removed(product, { world }) {
    removeLines("crm_product_id", product.id, world);
    forget("products", product, world);
  },
  answersUpdate: () => false,
  finish(shown, product, { observed, user }, verb) {
    if (verb !== "create" || !observed) return withoutLabels(shown);
    return {
      ...rawRow(product, PRODUCT_TEMPLATE, user.id),
      crm_category_product_id: null,
      crm_subcategory_product_id: null,
      data_source: "open-api",
    };
  },
  pageKeys: PRODUCT_PAGE_KEYS,
};

/** The five endpoints of products. */
export const products: Resource = {
  name: "products",
  unixTimestamp: true,
  routes: routes(collection, "list", "get", "create", "update", "delete"),
};
