/**
 * What the sandbox knows of the fields of products and product lines. Qontak's
 * collection has no endpoint that answers it.
 *
 * @module
 */

import type { Descriptor } from "../template.ts";

/** The currencies, as Qontak's OpenAPI lists them. */
const CURRENCIES = "USD,IDR,SGD,CNY,JPY,AUD,EUR,THB,MYR,PHP,VND,CHF,INR".split(
  ",",
);

function field(
  id: number | null,
  name: string,
  name_alias: string,
  type: string,
): Descriptor {
  const additional_field = id !== null;
  return { id, name, name_alias, additional_field, type, dropdown: null };
}

/**
 * The template of products. Qontak's collection shows the product code as an
 * additional field; OpenAPI names unit and manufacturer beside it. That lines
 * have the same fields as products is assumed. There is no dropdown among them:
 * its options could not be read.
 */
export const PRODUCT_TEMPLATE: readonly Descriptor[] = [
  {
    ...field(null, "name", "Nama Produk", "Single-line text"),
    required: true,
  },
  {
    ...field(null, "currency", "Mata Uang", "Dropdown select"),
    dropdown: CURRENCIES.map((name) => ({ id: null, name })),
  },
  field(7_714_206, "product_code", "Kode Produk", "Single-line text"),
  field(7_714_213, "unit_quantity", "Satuan", "Single-line text"),
  field(7_714_220, "manufacturer", "Pabrikan", "Single-line text"),
  field(8_930_571, "warranty_months", "Garansi (bulan)", "Number"),
  field(8_930_578, "brochure_url_2", "Tautan Brosur", "URL"),
];

/** The ids of the custom fields, by name. */
export const PRODUCT_FIELD_IDS: ReadonlyMap<string, number> = new Map(
  PRODUCT_TEMPLATE.flatMap(({ id, name }) => id === null ? [] : [[name, id]]),
);
