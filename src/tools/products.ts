/**
 * The tools of products, and of the product lines of deals.
 *
 * @module
 */
import { resources } from "../qontak/resources.ts";
import { id, text } from "./kit/arguments.ts";
import type { Tool } from "./tool.ts";
import { recordTools } from "./kit/record_tools.ts";
import type { ToolTraits } from "./kit/tool_traits.ts";

const products: ToolTraits = {
  resource: resources.product,
  summary: ["id", "name", "currency", "price", "quantity", "total_price"],
  descriptions: {
    currency: 'Name such as "IDR"',
    product_image: "URL of an image",
  },
  renamed: {
    sku: "products have no sku: use the additional field product_code",
    code: "the product code is the additional field product_code",
    category: "products have no category in this API",
    unit_price: "the price is price",
    custom_fields: "custom fields are additional_fields",
  },
  query: { query: text() },
};

const associations: ToolTraits = {
  resource: resources.productsAssociation,
  meaning: "a deal's product line",
  summary: [
    "id",
    "name",
    "crm_product_id",
    "crm_deal_id",
    "currency",
    "price",
    "quantity",
    "discount",
    "total_price",
  ],
  descriptions: {
    crm_product_id: "Gives name, price and currency unless they are given",
    quantity: "How many; total_price becomes price × quantity",
    unit_quantity: "The unit, such as pcs",
    product_image: "URL of an image",
  },
  renamed: {
    product_id: "the product is crm_product_id",
    deal_id: "the deal is crm_deal_id",
    crm_lead_id: "products belong to deals only: the deal is crm_deal_id",
    crm_company_id: "products belong to deals only: the deal is crm_deal_id",
    unit_price: "the price is price",
    custom_fields: "custom fields are additional_fields",
  },
  query: { crm_deal_id: id(), query: text() },
};

/** The tools of products, in the order that clients see. */
export const productTools: readonly Tool[] = [
  ...recordTools(products),
  ...recordTools(associations),
];
